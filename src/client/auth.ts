import type { Call } from './calls.ts'
import { itemsOf } from './pages.ts'
import type { Send } from './requests.ts'
import type { Tokens } from './tokens.ts'
import type {
  ChangePasswordBody,
  Event,
  EventPage,
  ListEventsQuery,
  ListSessionsAnswer,
  LoginBody,
  LogoutBody,
  RegisterBody,
  Session,
  TokenPair,
  User
} from './types.ts'

/** The account, and where it is signed in. */
export function authOf(send: Send, tokens: Tokens, call: Call) {
  async function enter(path: string, body: unknown): Promise<User> {
    const pair = await send<TokenPair>({ method: 'POST', path, body })
    tokens.keep(pair)
    return pair.user
  }

  const listEvents = (query?: ListEventsQuery) =>
    call<EventPage>({ method: 'GET', path: '/api/auth/events', query })

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
      const request = {
        method: 'POST',
        path: '/api/auth/logout',
        body: { scope },
        isRepeatable: true
      } as const
      if (scope === 'local') {
        const token = tokens.latest()?.accessToken
        tokens.signOut()
        return send<void>({ ...request, token })
      }
      await call<void>(request).finally(() => {
        if (scope === 'all') tokens.signOut()
      })
    },

    me: () => call<User>({ method: 'GET', path: '/api/auth/me' }),

    async rename(username: string): Promise<User> {
      const user = await call<User>({ method: 'PATCH', path: '/api/auth/me', body: { username } })
      tokens.rename(user)
      return user
    },

    /** Its answer is a new pair. Should it get lost, the next refresh gets that pair, by the same key. */
    changePassword: (body: ChangePasswordBody) =>
      tokens.use(async function change(kept): Promise<void> {
        const request = { method: 'PUT', path: '/api/auth/password', body, isRepeatable: false } as const
        const pair = await send<TokenPair>({ ...request, token: kept?.accessToken, key: kept?.key })
        if (kept) tokens.replace(kept, pair)
      }),

    /** Deletes the account with all that is in it. */
    async deleteAccount(password: string): Promise<void> {
      await call<void>({ method: 'DELETE', path: '/api/auth/me', body: { password }, isRepeatable: false })
      tokens.signOut()
    },

    /** Where am I signed in. */
    sessions: async (): Promise<Session[]> =>
      (await call<ListSessionsAnswer>({ method: 'GET', path: '/api/auth/sessions' })).items,

    endSession: (id: string) => call<void>({ method: 'DELETE', path: `/api/auth/sessions/${id}` }),

    /** A page of what happened to the account, the latest first. */
    listEvents,

    /** All of it, page by page. */
    events: (query?: Omit<ListEventsQuery, 'cursor'>): AsyncGenerator<Event, void, undefined> =>
      itemsOf(cursor => listEvents({ ...query, ...(cursor !== undefined && { cursor }) }))
  }
}
