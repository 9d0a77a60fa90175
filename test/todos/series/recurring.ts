import { PASSWORD } from '../../support/service.ts'
import { serveSignedIn } from '../signed-in.ts'

/** A due date at nine o'clock in Berlin. */
export const atNine = (day: string) => ({ dateTime: `${day}T09:00:00`, timeZone: 'Europe/Berlin' })

/** A service with a signed-in user, at noon of the first of January 2026, and calls on todos that recur. */
export async function serveRecurring(t: Parameters<typeof serveSignedIn>[0]) {
  const service = await serveSignedIn(t)
  const { clock, call, user } = service
  let { token } = service

  /** Moves the clock, and signs in again, because the access token has expired. */
  async function goTo(instant: string): Promise<void> {
    clock.advance((Date.parse(instant) - clock.now().getTime()) / 1000)
    token = (await call('POST', '/api/auth/login', { body: { email: user.email, password: PASSWORD } })).body
      .accessToken
  }
  await goTo('2026-01-01T12:00:00Z')

  const todos = (method: string, path = '', body?: unknown, headers: Record<string, string> = {}) =>
    call(method, `/api/todos${path}`, { token, body, headers })

  /** Creates a todo. */
  const make = async (title: string, content: object = {}) =>
    (await todos('POST', '', { title, ...content })).body

  /** Creates a todo that recurs. */
  async function makeRecurring(rule: string, due: object, from = 'due', content: object = {}) {
    const answer = await todos('POST', '', { title: 'Water', due, repeat: { rule, from }, ...content })
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
    return answer.body
  }

  /** Completes a todo. */
  const complete = (id: string, headers: Record<string, string> = {}) =>
    todos('PATCH', `/${id}`, { done: true }, headers)

  /** The completed occurrences, the latest first. */
  const occurrences = async (id: string) =>
    (await todos('GET', `/${id}/completions`)).body.items.map(
      ({ occurrence }: { occurrence: object }) => occurrence
    )

  /** The session that the calls belong to. */
  const getSessionId = (): string =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid

  return { ...service, getSessionId, todos, goTo, make, makeRecurring, complete, occurrences }
}
