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

/** The account, and where it is signed in. */
export function createAuth(send: Send, tokens: TokenManager, call: Call) {
  async function startSession(path: string, body: unknown): Promise<User> {
    const tokenPair = await send({ method: 'POST', path, body, read: readTokenPair })
    await tokens.keep(tokenPair)
    return tokenPair.user
  }

  const listEvents = (query?: ListEventsQuery) =>
    call({ method: 'GET', path: '/api/auth/events', query, read: createEventPageReader(query?.cursor) })

  return {
    /** Who is signed in, as far as is known here, without asking the service. */
    user: (): User | undefined => tokens.latest()?.user,

    /** Makes an account and signs it in. */
    register: (body: RegisterBody) => startSession('/api/auth/register', body),

    login: (body: LoginBody) => startSession('/api/auth/login', body),

    /**
     * Forgets the tokens at once, here and in other tabs, and then tells the service. `others` keeps this session; it and
     * `all` take a live token, which is got first, for an old one ends no session but its own.
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

    me: () => call({ method: 'GET', path: '/api/auth/me', read: readUser }),

    async rename(username: string): Promise<User> {
      const body = { username }
      const user = await call({ method: 'PATCH', path: '/api/auth/me', body, read: readUser })
      await tokens.rename(user)
      return user
    },

    /** Its answer is a new pair. Should it get lost, the next refresh gets that pair, by the same key. */
    changePassword: (body: ChangePasswordBody) =>
      tokens.withAccessToken(async function change(stored): Promise<void> {
        const request = { method: 'PUT', path: '/api/auth/password', body, isIdempotent: false } as const
        const read = stored ? createTokenPairReader(stored.user) : readTokenPair
        const exchange = { ...request, token: stored?.accessToken, key: stored?.key, read }
        await tokens.replace(stored, () => send(exchange))
      }),

    /** Deletes the account with all that is in it. */
    async deleteAccount(password: string): Promise<void> {
      const request = { method: 'DELETE', path: '/api/auth/me', isIdempotent: false } as const
      await call({ ...request, body: { password }, read: readEmpty })
      await tokens.signOut()
    },

    /** Where am I signed in. */
    sessions: async (): Promise<Session[]> =>
      (await call({ method: 'GET', path: '/api/auth/sessions', read: readSessions })).items,

    endSession: (id: string) => call({ method: 'DELETE', path: `/api/auth/sessions/${id}`, read: readEmpty }),

    /** A page of what happened to the account, the latest first. */
    listEvents,

    /** All of it, page by page. */
    events: (query?: Omit<ListEventsQuery, 'cursor'>): AsyncGenerator<Event, void, undefined> =>
      iterateItems(cursor => listEvents({ ...query, ...(cursor !== undefined && { cursor }) }))
  }
}
