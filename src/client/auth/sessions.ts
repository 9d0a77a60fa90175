import type { Call } from '../http/calls.ts'
import { iterateItems } from '../http/pagination.ts'
import type { Send } from '../http/requests.ts'
import { createEventPageReader, readEmpty, readSessions } from '../http/responses.ts'
import type { TokenManager } from '../tokens/token-manager.ts'
import type { Event, ListEventsQuery, LoginBody, LogoutBody, Session, User } from '../types.ts'
import { createStartSession } from './start-session.ts'

/** Creates the methods that sign in and out, and those on the sessions and the audit log of the signed-in user. */
export function createSessions(send: Send, tokens: TokenManager, call: Call) {
  const startSession = createStartSession(send, tokens)

  const listEvents = (query?: ListEventsQuery) =>
    call({ method: 'GET', path: '/api/auth/events', query, read: createEventPageReader(query?.cursor) })

  return {
    /** The signed-in user, from the stored tokens, without a request. */
    user: (): User | undefined => tokens.latest()?.user,

    /** Signs in with e-mail and password. */
    login: (body: LoginBody) => startSession('/api/auth/login', body),

    /**
     * Signs out. With `local` the tokens are deleted at once, here and in other tabs, before the request is sent. `all` ends
     * every session, `others` every session but this one; both refresh an expired token first, since that ends only its own session.
     */
    async logout({ scope = 'local' }: NonNullable<LogoutBody> = {}): Promise<void> {
      const reloading = tokens.reload()
      if (reloading) await reloading
      const path = '/api/auth/logout'
      const request = {
        method: 'POST',
        path,
        body: { scope },
        isIdempotent: true,
        read: readEmpty
      } as const
      if (scope === 'local') {
        const token = tokens.latest()?.accessToken
        const signingOut = tokens.signOut()
        await send({ ...request, token })
        return signingOut
      }
      try {
        await call(request)
      } finally {
        if (scope === 'all') await tokens.signOut()
      }
    },

    /** Lists the sessions of the account. */
    sessions: async (): Promise<Session[]> =>
      (await call({ method: 'GET', path: '/api/auth/sessions', read: readSessions })).items,

    /** Ends a session of the account. */
    endSession: (id: string) => call({ method: 'DELETE', path: `/api/auth/sessions/${id}`, read: readEmpty }),

    /** Reads a page of the audit log, latest first. */
    listEvents,

    /** Iterates over the whole audit log, page by page. */
    events: (query?: Omit<ListEventsQuery, 'cursor'>): AsyncGenerator<Event, void, undefined> =>
      iterateItems(cursor => listEvents({ ...query, ...(cursor !== undefined && { cursor }) }))
  }
}
