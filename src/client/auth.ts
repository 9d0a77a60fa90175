import type { Call } from './http/calls.ts'
import { iterateItems } from './http/pagination.ts'
import type { Send } from './http/requests.ts'
import {
  createEventPageReader,
  createTokenPairReader,
  readEmpty,
  readSessions,
  readTokenPair,
  readUser
} from './http/responses.ts'
import type { TokenManager } from './tokens/token-manager.ts'
import type {
  ChangePasswordBody,
  Event,
  ListEventsQuery,
  LoginBody,
  LogoutBody,
  RegisterBody,
  Session,
  User
} from './types.ts'

/** Creates the methods on accounts and sessions. */
export function createAuth(send: Send, tokens: TokenManager, call: Call) {
  async function startSession(path: string, body: unknown): Promise<User> {
    const tokenPair = await send({ method: 'POST', path, body, read: readTokenPair })
    await tokens.save(tokenPair)
    return tokenPair.user
  }

  const listEvents = (query?: ListEventsQuery) =>
    call({ method: 'GET', path: '/api/auth/events', query, read: createEventPageReader(query?.cursor) })

  return {
    /** The signed-in user, from the stored tokens, without a request. */
    user: (): User | undefined => tokens.latest()?.user,

    /** Creates an account and signs in. */
    register: (body: RegisterBody) => startSession('/api/auth/register', body),

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

    /** Reads the signed-in user from the service. */
    me: () => call({ method: 'GET', path: '/api/auth/me', read: readUser }),

    /** Changes the user name. */
    async rename(username: string): Promise<User> {
      const body = { username }
      const user = await call({ method: 'PATCH', path: '/api/auth/me', body, read: readUser })
      await tokens.updateUser(user)
      return user
    },

    /** Changes the password, and stores the new pair. If the answer gets lost, the next refresh gets that pair by its key. */
    changePassword: (body: ChangePasswordBody) =>
      tokens.withAccessToken(async function change(stored): Promise<void> {
        const request = { method: 'PUT', path: '/api/auth/password', body, isIdempotent: false } as const
        const read = stored ? createTokenPairReader(stored.user) : readTokenPair
        const exchange = { ...request, token: stored?.accessToken, key: stored?.key, read }
        await tokens.replace(stored, () => send(exchange))
      }),

    /** Deletes the account and all its data. */
    async deleteAccount(password: string): Promise<void> {
      const request = { method: 'DELETE', path: '/api/auth/me', isIdempotent: false } as const
      await call({ ...request, body: { password }, read: readEmpty })
      await tokens.signOut()
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
