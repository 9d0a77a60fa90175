import { eq } from 'drizzle-orm'
import t, { type Test } from 'tap'
import { createAccounts } from '../../src/auth/accounts/accounts.ts'
import { createSessions } from '../../src/auth/sessions/sessions.ts'
import { authTables } from '../../src/auth/tables.ts'
import { challengeOf, removePassword, sessionOf, setMethods, setSecondFactor } from '../auth/levels.ts'
import { codeOf } from '../support/mailbox.ts'
import { type Answer, expectedProblem, PASSWORD } from '../support/service.ts'
import { ADA, serveAda } from './mail-service.ts'

const NEW_PASSWORD = 'battery staple, correct horse'
const NEW_EMAIL = 'ada@lovelace.example'
const CLIENT = { ip: '192.0.2.1', userAgent: null }

/** A service with an account that is signed in twice, and whose access tokens outlive the freshness of its sessions. */
async function signedIn(t: Test) {
  const service = await serveAda(t, { ACCESS_TOKEN_TTL: '3600' })
  const login = (password = PASSWORD) =>
    service.call('POST', '/api/auth/login', { body: { email: ADA.email, password } })
  const other = (await login()).body
  return { ...service, login, other }
}
type SignedIn = Awaited<ReturnType<typeof signedIn>>

/** What could take an account over: how it is asked for, with a password where one may be given, and how that ends well. */
interface DangerousAct {
  readonly status: number
  readonly ask: (service: SignedIn, password?: string) => Promise<Answer>
}

const acts: Record<string, DangerousAct> = {
  'ending another session': {
    status: 204,
    ask: ({ call, pair, other }) =>
      call('DELETE', `/api/auth/sessions/${sessionOf(other).toUpperCase()}`, { token: pair.accessToken })
  },
  'changing the e-mail': {
    status: 202,
    ask: ({ call, pair }, currentPassword) =>
      call('PUT', '/api/auth/email', {
        token: pair.accessToken,
        body: { email: NEW_EMAIL, currentPassword }
      })
  },
  'changing the password': {
    status: 200,
    ask: ({ call, pair }, currentPassword = PASSWORD) =>
      call('PUT', '/api/auth/password', {
        token: pair.accessToken,
        body: { currentPassword, newPassword: NEW_PASSWORD }
      })
  },
  'deleting the account': {
    status: 204,
    ask: ({ call, pair }, password) =>
      call('DELETE', '/api/auth/me', { token: pair.accessToken, body: { password } })
  }
}
const withPassword = Object.entries(acts).filter(([name]) => name !== 'ending another session')

const assertRefused = (t: Test, answer: Answer, name: string, level: 'aal1' | 'aal2' = 'aal1') => {
  const action = { action: 'reauthenticate' }
  t.strictSame(answer.body, expectedProblem(answer, 401, 'reauthentication_required', action), name)
  t.equal(answer.headers['www-authenticate'], challengeOf(level), name)
}

t.test('[V7.5.1] in a fresh session what is dangerous asks for nothing more', async t => {
  for (const [name, { status, ask }] of Object.entries(acts))
    t.equal((await ask(await signedIn(t))).status, status, name)
  const { call, pair } = await signedIn(t)
  t.equal((await call('DELETE', '/api/auth/me', { token: pair.accessToken })).status, 204, 'without a body')
})

t.test('[V7.5.1] [V7.5.2] in a session that is not fresh it asks for an authentication', async t => {
  for (const [name, act] of Object.entries(acts)) {
    if (name === 'changing the password') continue
    const service = await signedIn(t)
    service.clock.advance(600)
    assertRefused(t, await act.ask(service), name)
    const token = service.pair.accessToken
    t.equal((await service.call('GET', '/api/auth/me', { token: service.other.accessToken })).status, 200)
    await service.call('POST', '/api/auth/reauthenticate', { token, body: { password: PASSWORD } })
    t.equal((await act.ask(service)).status, act.status, name)
  }
})

t.test('a password that is given does instead, and is checked in any case', async t => {
  for (const [name, act] of withPassword) {
    const service = await signedIn(t)
    const fresh = await act.ask(service, 'wrong')
    t.strictSame(fresh.body, expectedProblem(fresh, 403, 'password_wrong'), name)
    service.clock.advance(600)
    const stale = await act.ask(service, 'wrong')
    t.strictSame(stale.body, expectedProblem(stale, 403, 'password_wrong'), name)
    t.equal((await act.ask(service, PASSWORD)).status, act.status, name)
  }
})

t.test('[V7.5.1] an account with a second factor asks for that, whatever password is given', async t => {
  for (const [name, act] of Object.entries(acts)) {
    const service = await signedIn(t)
    await setSecondFactor(service, service.pair)
    for (const password of [PASSWORD, 'wrong'])
      assertRefused(t, await act.ask(service, password), `${name} at level 1`, 'aal2')

    await setMethods(service, service.pair, 'password', 'totp')
    service.clock.advance(600)
    assertRefused(t, await act.ask(service, PASSWORD), `${name}, not fresh`, 'aal2')
    service.clock.advance(-600)
    if (name !== 'ending another session') {
      const wrong = await act.ask(service, 'wrong')
      t.strictSame(wrong.body, expectedProblem(wrong, 403, 'password_wrong'), name)
    }
    t.equal((await act.ask(service, PASSWORD)).status, act.status, `${name} at level 2`)
  }
})

t.test('signing out, ending the own session and another user name never ask', async t => {
  for (const body of [undefined, { scope: 'others' }, { scope: 'all' }]) {
    const service = await signedIn(t)
    service.clock.advance(3000)
    await setSecondFactor(service, service.pair)
    const token = service.pair.accessToken
    t.equal((await service.call('POST', '/api/auth/logout', { token, body })).status, 204)
    const hasEnded = async ({ accessToken }: { accessToken: string }) =>
      (await service.call('GET', '/api/auth/me', { token: accessToken })).status === 401
    t.strictSame(
      [await hasEnded(service.pair), await hasEnded(service.other)],
      [body?.scope !== 'others', body !== undefined]
    )
  }
  const service = await signedIn(t)
  const token = service.pair.accessToken
  service.clock.advance(3000)
  t.equal((await service.call('PATCH', '/api/auth/me', { token, body: { username: 'lady' } })).status, 200)
  const own = `/api/auth/sessions/${sessionOf(service.pair)}`
  t.equal((await service.call('DELETE', own, { token })).status, 204)
  t.equal((await service.call('DELETE', own, { token })).body.code, 'access_token_revoked')
})

t.test('an account without a password gets its first one from a fresh session', async t => {
  const service = await signedIn(t)
  await setSecondFactor(service, service.pair)
  await setMethods(service, service.pair, 'passkey')
  await removePassword(service, service.pair)
  const set = (body: object) =>
    service.call('PUT', '/api/auth/password', {
      token: service.pair.accessToken,
      body: { newPassword: NEW_PASSWORD, ...body }
    })
  service.clock.advance(600)
  assertRefused(t, await set({}), 'not fresh', 'aal2')
  service.clock.advance(-600)
  const wrong = await set({ currentPassword: PASSWORD })
  t.strictSame(wrong.body, expectedProblem(wrong, 403, 'password_wrong'))
  const guessable = await set({ newPassword: 'password123' })
  t.match(guessable.body, { code: 'validation_failed', errors: [{ pointer: '/newPassword' }] })

  const caller = await service.app.sessions.authenticate(service.pair.accessToken)
  const results = await Promise.allSettled(
    [NEW_PASSWORD, PASSWORD].map(newPassword =>
      service.app.accounts.changePassword(caller, { newPassword }, CLIENT)
    )
  )
  t.strictSame(
    results.map(({ status }) => status).sort(),
    ['fulfilled', 'rejected'],
    'of two at once one wins'
  )
  await setSecondFactor(service, service.pair, false)
  const winner = results[0]?.status === 'fulfilled' ? NEW_PASSWORD : PASSWORD
  const pair = (await service.login(winner)).body
  const again = await service.call('PUT', '/api/auth/password', {
    token: pair.accessToken,
    body: { newPassword: 'another horse, another staple' }
  })
  const errors = [{ pointer: '/currentPassword', detail: 'is required' }]
  t.strictSame(
    again.body,
    expectedProblem(again, 400, 'validation_failed', { errors }),
    'there is one by now'
  )
})

/** Asks for a change of the e-mail. @returns the answer to its challenge */
async function mailCode({ call, takeMails }: SignedIn, token: string) {
  const body = { email: NEW_EMAIL, currentPassword: PASSWORD }
  const { challengeId } = (await call('PUT', '/api/auth/email', { token, body })).body
  const [mail] = await takeMails()
  return { challengeId, code: mail ? codeOf(mail) : '' }
}

t.test('a change of the e-mail may be confirmed later, by the level that the account has then', async t => {
  const service = await signedIn(t)
  const { call, clock, pair } = service
  const token = pair.accessToken
  clock.advance(600)
  const body = await mailCode(service, token)
  await setSecondFactor(service, pair)
  assertRefused(t, await call('POST', '/api/auth/email/confirm', { token, body }), 'begun at level 1', 'aal2')
  await t.rejects(service.app.accounts.confirmWithPassword({ ...body, password: PASSWORD }, CLIENT), {
    code: 'reauthentication_required'
  })
  const page = await call('POST', '/account/confirm-email', {
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
    body: new URLSearchParams({ ...body, password: PASSWORD }).toString()
  })
  t.equal(page.status, 401)
  t.match(page.body, 'This account asks for more than a password')
  t.match(page.body, 'Give the code in the app, where you are signed in.')
  t.match(await call('GET', '/api/auth/me', { token }), { body: { email: ADA.email } }, 'nothing has changed')

  await setMethods(service, pair, 'password', 'totp')
  const confirmed = await call('POST', '/api/auth/email/confirm', { token, body })
  t.match(confirmed, { status: 200, body: { user: { email: NEW_EMAIL } } })
})

/** What may happen between the check of a request and its transaction, and what the request then comes to. */
const happenings: [string, (service: SignedIn) => Promise<unknown>, string][] = [
  [
    'a second factor is added',
    service => setSecondFactor(service, service.pair),
    'reauthentication_required'
  ],
  [
    'the session ends',
    ({ call, pair }) => call('POST', '/api/auth/logout', { token: pair.accessToken }),
    'access_token_revoked'
  ],
  ['the session stops being fresh', async ({ clock }) => clock.advance(600), 'reauthentication_required'],
  [
    'the account goes',
    ({ call, pair }) => call('DELETE', '/api/auth/me', { token: pair.accessToken }),
    'access_token_revoked'
  ]
]

/** Each act by a fresh session alone, on services in which something happens before the transaction begins. */
type Services = Pick<SignedIn['app'], 'accounts' | 'sessions'>
const actsOfUseCases: Record<string, (services: Services, service: SignedIn) => Promise<unknown>> = {
  'ending another session': async ({ sessions }, { app, pair, other }) =>
    sessions.end(await app.sessions.authenticate(pair.accessToken), sessionOf(other), CLIENT),
  'changing the e-mail': async ({ accounts }, { app, pair }) =>
    accounts.requestEmailChange(
      await app.sessions.authenticate(pair.accessToken),
      { email: NEW_EMAIL },
      CLIENT
    ),
  'setting the first password': async ({ accounts }, { app, pair }) =>
    accounts.changePassword(
      await app.sessions.authenticate(pair.accessToken),
      { newPassword: NEW_PASSWORD },
      CLIENT
    ),
  'deleting the account': async ({ accounts }, { app, pair }) =>
    accounts.deleteAccount(await app.sessions.authenticate(pair.accessToken), undefined, CLIENT)
}

t.test(
  '[RACE] [RESURRECT] nothing between the check and the commit lets a dangerous write through',
  async t => {
    for (const [happening, happen, code] of happenings)
      for (const [name, act] of Object.entries(actsOfUseCases)) {
        const service = await signedIn(t)
        if (name === 'setting the first password') await removePassword(service, service.pair)
        const { store, passwordHasher, throttle, tokens } = service.app
        const delayed: typeof store = {
          ...store,
          async atomically(...statements) {
            await happen(service)
            return store.atomically(...statements)
          }
        }
        const sessions = createSessions(delayed, tokens, service.config)
        const accounts = createAccounts({
          store: delayed,
          passwordHasher,
          throttle,
          sessions,
          tokens,
          sealing: service.app.sealing,
          config: service.config,
          removeUserRows: async () => {}
        })
        await t.rejects(act({ accounts, sessions }, service), { code }, `${name}: ${happening}`)
        const { users } = authTables(store.kit)
        const [user] = await store.db.select().from(users).where(eq(users.id, service.pair.user.id))
        if (happening !== 'the account goes') t.match(user, { email: ADA.email, username: ADA.username })
        if (happening === 'a second factor is added')
          t.equal(
            (await service.call('GET', '/api/auth/me', { token: service.other.accessToken })).status,
            200,
            'the other session goes on'
          )
      }
  }
)

t.test('[RACE] a second factor that appears while the password is verified is asked for', async t => {
  for (const name of ['requestEmailChange', 'changePassword', 'deleteAccount'] as const) {
    const service = await signedIn(t)
    const { store, passwordHasher, throttle, sessions, tokens } = service.app
    const accounts = createAccounts({
      store,
      throttle,
      sessions,
      tokens,
      sealing: service.app.sealing,
      config: service.config,
      removeUserRows: async () => {},
      passwordHasher: {
        ...passwordHasher,
        async verify(...args) {
          const verdict = await passwordHasher.verify(...args)
          await setSecondFactor(service, service.pair)
          return verdict
        }
      }
    })
    const caller = await service.app.sessions.authenticate(service.pair.accessToken)
    const run: Record<typeof name, () => Promise<unknown>> = {
      requestEmailChange: () =>
        accounts.requestEmailChange(caller, { email: NEW_EMAIL, currentPassword: PASSWORD }, CLIENT),
      changePassword: () =>
        accounts.changePassword(
          caller,
          { currentPassword: PASSWORD, newPassword: NEW_PASSWORD, endOtherSessions: true },
          CLIENT
        ),
      deleteAccount: () => accounts.deleteAccount(caller, PASSWORD, CLIENT)
    }
    await t.rejects(run[name](), { code: 'reauthentication_required' }, name)
    t.equal(
      (await service.call('GET', '/api/auth/me', { token: service.other.accessToken })).status,
      200,
      `${name}: nothing has changed`
    )
  }
})
