import { readEvents, readNothing, readPair, readPairOf, readSessions, readUser } from './answers.ts'
import type { Call } from './calls.ts'
import { itemsOf } from './pages.ts'
import type { Send } from './requests.ts'
import type { Tokens } from './tokens.ts'
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
export function authOf(send: Send, tokens: Tokens, call: Call) {
  async function enter(path: string, body: unknown): Promise<User> {
    const pair = await send({ method: 'POST', path, body, read: readPair })
    await tokens.keep(pair)
    return pair.user
  }

  const listEvents = (query?: ListEventsQuery) =>
    call({ method: 'GET', path: '/api/auth/events', query, read: readEvents(query?.cursor) })

  return {
    /** Who is signed in, as far as is known here, without asking the service. */
    user: (): User | undefined => tokens.latest()?.user,

    /** Makes an account and signs it in. */
    register: (body: RegisterBody) => enter('/api/auth/register', body),

    login: (body: LoginBody) => enter('/api/auth/login', body),

    /**
     * Forgets the tokens at once, here and in other tabs, and then tells the service. `others` keeps this session; it and
     * `all` take a live token, which is got first, for an old one ends no session but its own.
     */
    async logout({ scope = 'local' }: NonNullable<LogoutBody> = {}): Promise<void> {
      const reading = tokens.look()
      if (reading) await reading
      const path = '/api/auth/logout'
      const request = {
        method: 'POST',
        path,
        body: { scope },
        isRepeatable: true,
        read: readNothing
      } as const
      if (scope === 'local') {
        const token = tokens.latest()?.accessToken
        const forgetting = tokens.signOut()
        await send({ ...request, token })
        return forgetting
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
      tokens.use(async function change(kept): Promise<void> {
        const request = { method: 'PUT', path: '/api/auth/password', body, isRepeatable: false } as const
        const read = kept ? readPairOf(kept.user) : readPair
        const exchange = { ...request, token: kept?.accessToken, key: kept?.key, read }
        await tokens.replace(kept, () => send(exchange))
      }),

    /** Deletes the account with all that is in it. */
    async deleteAccount(password: string): Promise<void> {
      const request = { method: 'DELETE', path: '/api/auth/me', isRepeatable: false } as const
      await call({ ...request, body: { password }, read: readNothing })
      await tokens.signOut()
    },

    /** Where am I signed in. */
    sessions: async (): Promise<Session[]> =>
      (await call({ method: 'GET', path: '/api/auth/sessions', read: readSessions })).items,

    endSession: (id: string) =>
      call({ method: 'DELETE', path: `/api/auth/sessions/${id}`, read: readNothing }),

    /** A page of what happened to the account, the latest first. */
    listEvents,

    /** All of it, page by page. */
    events: (query?: Omit<ListEventsQuery, 'cursor'>): AsyncGenerator<Event, void, undefined> =>
      itemsOf(cursor => listEvents({ ...query, ...(cursor !== undefined && { cursor }) }))
  }
}
