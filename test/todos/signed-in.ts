import type { AppOptions } from '../../src/app.ts'
import type { Identity } from '../../src/auth/user.ts'
import type { Store } from '../../src/db/store.ts'
import { type Answer, expectedProblem, type Service, type Settings, serve } from '../support/service.ts'

export const MISSING_ID = '01a20996-fb6c-78b7-96ed-227b58a269d2'

/** A service with a signed-in user, and calls on the todos of that user. */
export async function serveSignedIn(
  t: Parameters<typeof serve>[0],
  settings: Settings = {},
  { timeouts, streamIntervals }: Pick<AppOptions, 'timeouts' | 'streamIntervals'> = {}
) {
  const service = await serve(t, settings, timeouts, streamIntervals)
  const { accessToken: token, user } = await service.signUp()
  const todos = (method: string, path = '', body?: unknown, headers: Record<string, string> = {}) =>
    service.call(method, `/api/todos${path}`, { token, body, headers })
  /** Creates todos with these titles. */
  async function make(...titles: string[]) {
    const createdTodos = []
    for (const title of titles) createdTodos.push((await todos('POST', '', { title })).body)
    return createdTodos
  }
  /** The titles of a list in its order. */
  const titles = async (query = ''): Promise<string[]> =>
    (await todos('GET', query)).body.items.map(({ title }: { title: string }) => title)
  return { ...service, token, user, todos, make, titles }
}

export const invalid = (answer: Answer, ...errors: object[]) =>
  expectedProblem(answer, 400, 'validation_failed', { errors })

/** Does something between the check of an access token and the work of its request. */
export function afterAuthentication(
  { sessions }: Service['app'],
  work: (identity: Identity) => Promise<void>
): void {
  const { authenticate } = sessions
  Object.assign(sessions, {
    async authenticate(token: string) {
      const identity = await authenticate(token)
      await work(identity)
      return identity
    }
  })
}

/** Makes a later transaction fail, counted from 1, as if the process had been killed before it. */
export function crashAtWrite(store: Store, number: number): void {
  const { atomically } = store
  let writes = 0
  Object.assign(store, {
    atomically: (...statements: Parameters<typeof atomically>) => {
      writes += 1
      if (writes === number) throw new Error('a crash')
      return atomically(...statements)
    }
  })
}

/** What a todo has beside its own content that belongs to no list and no other todo, and does not recur. */
export const STANDALONE = { listId: null, parentId: null, childCount: 0, openChildCount: 0, repeat: null }
