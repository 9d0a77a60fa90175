import type { Answer, Settings } from '../../support/service.ts'
import { serveSignedIn } from '../signed-in.ts'

/** A service with a signed-in user, and calls on the lists of that user. */
export async function serveLists(t: Parameters<typeof serveSignedIn>[0], settings: Settings = {}) {
  const service = await serveSignedIn(t, settings)
  const lists = (method: string, path = '', body?: unknown, headers: Record<string, string> = {}) =>
    service.call(method, `/api/lists${path}`, { token: service.token, body, headers })
  /** Creates a list. */
  const makeList = async (name: string, rest: object = {}): Promise<Answer['body']> =>
    (await lists('POST', '', { name, ...rest })).body
  /** Creates todos with these titles in a list. */
  async function fill(listId: string, ...titles: string[]) {
    const made = []
    for (const title of titles) made.push((await service.todos('POST', '', { title, listId })).body)
    return made
  }
  /** The names of the lists in their order. */
  const names = async (query = ''): Promise<string[]> =>
    (await lists('GET', query)).body.items.map(({ name }: { name: string }) => name)
  return { ...service, lists, makeList, fill, names }
}
