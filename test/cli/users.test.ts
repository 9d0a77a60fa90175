import t from 'tap'
import { allTables } from '../../src/features.ts'
import { MAIL_SETTINGS } from '../accounts/mail-service.ts'
import { createToken } from '../auth/personal-access-tokens/token-service.ts'
import { codeOf } from '../factors/factor-service.ts'
import { expectedProblem, loginWithDelay, PASSWORD, serve } from '../support/service.ts'
import { createProgram, sharedSettings } from './program.ts'

t.test('users list names every account, the oldest first', async t => {
  const settings = await sharedSettings(t)
  const { app, signUp } = await serve(t, settings)
  const [ada, bob] = [await signUp({ username: 'ada' }), await signUp({ username: 'bob' })]
  const latchkey = createProgram(settings)
  t.strictSame(await latchkey('users', 'list'), {
    code: 0,
    stdout: `${ada.user.id}  user1@example.org  ada\n${bob.user.id}  user2@example.org  bob\n`,
    stderr: ''
  })
  const { stdout } = await latchkey('users', 'list', '--json')
  t.strictSame(
    stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line)),
    [ada, bob].map(({ user }) => ({ ...user, createdAt: '2026-01-01T00:00:00.000Z', disabledAt: null }))
  )

  const { db, kit } = app.store
  const tables = allTables(kit)
  const more = Array.from({ length: 1000 }, (_, index) => ({
    id: `z${index}`,
    username: `x${index}`,
    usernameKey: `x${index}`,
    email: `x${index}`,
    emailKey: `x${index}`,
    passwordHash: '',
    createdAt: app.store.now()
  }))
  await db.insert(tables.users).values(more).execute()
  const all = (await latchkey('users', 'list')).stdout.split('\n')
  t.equal(new Set(all).size, 1003, '1002 lines, none twice')
})

t.test('users show tells how an account can be signed in to', async t => {
  const settings = await sharedSettings(t)
  const service = await serve(t, settings)
  const { call, signUp, clock } = service
  const { user, accessToken: token } = await signUp({ username: 'ada' })
  await createToken(service, token)
  const latchkey = createProgram(settings, clock)
  const lines = (totp: number, codes: number) => ({
    code: 0,
    stdout: [
      `id                      ${user.id}`,
      'user name               ada',
      'e-mail                  user1@example.org (not verified)',
      'made                    2026-01-01T00:00:00.000Z',
      'disabled                no',
      'password                yes',
      `authenticator apps      ${totp}`,
      'passkeys                0',
      `recovery codes          ${codes}`,
      'sessions                1',
      'personal access tokens  1',
      ''
    ].join('\n'),
    stderr: ''
  })
  t.strictSame(await latchkey('users', 'show', 'ADA'), lines(0, 0))
  const { id, secret } = (await call('POST', '/api/auth/factors/totp', { token })).body
  t.strictSame(
    await latchkey('users', 'show', user.id),
    lines(0, 0),
    'one that nobody has confirmed does not count'
  )
  const body = { code: codeOf(secret, service) }
  t.equal((await call('POST', `/api/auth/factors/totp/${id}/confirm`, { token, body })).status, 200)
  t.strictSame(await latchkey('users', 'show', user.email), lines(1, 10))

  await latchkey('users', 'disable', 'ada')
  t.strictSame(JSON.parse((await latchkey('users', 'show', 'ada', '--json')).stdout), {
    ...user,
    createdAt: '2026-01-01T00:00:00.000Z',
    disabledAt: '2026-01-01T00:00:00.000Z',
    hasPassword: true,
    authenticatorApps: 1,
    passkeys: 0,
    recoveryCodes: 10,
    sessions: 0,
    personalAccessTokens: 0
  })
  t.match((await latchkey('users', 'show', 'ada')).stdout, /^disabled {16}2026-01-01T00:00:00\.000Z$/m)

  const { db, kit } = service.app.store
  const { users } = allTables(kit)
  await db.update(users).set({ emailVerified: true, passwordHash: '' }).execute()
  const { stdout } = await latchkey('users', 'show', 'ada')
  t.match(stdout, /^e-mail {18}user1@example\.org \(verified\)$/m)
  t.match(stdout, /^password {16}none$/m)
})

t.test('users remove-factors lets somebody in who has lost them, and tells', async t => {
  const settings = await sharedSettings(t)
  const service = await serve(t, { ...MAIL_SETTINGS, ...settings })
  const { call, signUp, clock, takeMails } = service
  const { user, accessToken: token } = await signUp({ username: 'ada' })
  const latchkey = createProgram({ ...MAIL_SETTINGS, ...settings }, clock)
  const { id, secret } = (await call('POST', '/api/auth/factors/totp', { token })).body
  const body = { code: codeOf(secret, service) }
  await call('POST', `/api/auth/factors/totp/${id}/confirm`, { token, body })
  const { token: script } = await createToken(service, token)
  await takeMails()
  const login = () => call('POST', '/api/auth/login', { body: { email: user.email, password: PASSWORD } })
  t.equal((await login()).status, 401)
  clock.advance(1)
  t.strictSame(await latchkey('users', 'remove-factors', 'ada'), {
    code: 0,
    stdout: 'user1@example.org: 1 factor is removed, 1 session has ended\n',
    stderr: ''
  })
  clock.advance(1)
  const signedIn = await login()
  t.equal(signedIn.status, 200)
  const present = signedIn.body.accessToken
  t.match((await call('GET', '/api/auth/events?limit=4', { token: present })).body.items, [
    { type: 'signed_in' },
    { type: 'session_ended', ip: null, endReason: 'signed_out_by_operator' },
    { type: 'token_revoked', ip: null, endReason: 'signed_out_by_operator' },
    { type: 'factor_removed', ip: null }
  ])
  for (const ended of [token, script])
    t.equal((await call('GET', '/api/todos', { token: ended })).status, 401, 'whoever was in is out')
  const [mail] = await takeMails()
  t.match(mail, { to: user.email, subject: 'Latchkey: a second factor was removed' })
  t.match(
    mail?.text,
    /The second factors of your account of Latchkey were removed, with the\s+recovery codes/
  )
  t.strictSame((await call('GET', '/api/auth/factors', { token: present })).body, {
    items: [],
    recoveryCodesLeft: 0
  })
  t.match(await latchkey('users', 'remove-factors', 'ada', '--json'), {
    code: 0,
    stdout: `{"id":"${user.id}","removed":0,"ended":1,"hasPassword":true}\n`
  })
  t.strictSame(await takeMails(), [], 'of nothing nobody is told')
  const { users } = allTables(service.app.store.kit)
  await service.app.store.db.update(users).set({ passwordHash: '' }).execute()
  t.match(await latchkey('users', 'remove-factors', 'ada'), {
    code: 0,
    stdout:
      'user1@example.org: 0 factors are removed, 0 sessions have ended. The account has no password, and no way in now: users send-reset mails a link to set one\n'
  })
  t.match(await latchkey('users', 'remove-factors', 'eve'), { code: 67 })
})

t.test('users sign-out ends all sessions of one user at once, with a clear refusal', async t => {
  const settings = await sharedSettings(t)
  const { call, signUp, clock } = await serve(t, settings)
  const [ada, bob] = [await signUp({ username: 'Ada' }), await signUp()]
  const latchkey = createProgram(settings, clock)
  const { body: second } = await call('POST', '/api/auth/login', {
    body: { email: ada.user.email, password: PASSWORD }
  })
  clock.advance(1)
  t.strictSame(await latchkey('users', 'sign-out', 'ADA'), {
    code: 0,
    stdout: 'user1@example.org: 2 sessions have ended\n',
    stderr: ''
  })
  for (const token of [ada.accessToken, second.accessToken])
    t.match(await call('GET', '/api/auth/me', { token }), {
      status: 401,
      body: { code: 'access_token_revoked' }
    })
  t.equal((await call('GET', '/api/auth/me', { token: bob.accessToken })).status, 200)

  clock.advance(1)
  const { body: third } = await call('POST', '/api/auth/login', {
    body: { email: ada.user.email, password: PASSWORD }
  })
  const { body } = await call('GET', '/api/auth/events', { token: third.accessToken })
  t.match(body.items.slice(1, 3), [
    { type: 'session_ended', endReason: 'signed_out_by_operator', ip: null, device: null },
    { type: 'session_ended', endReason: 'signed_out_by_operator', ip: null, device: null }
  ])
  for (const name of [ada.user.id, ada.user.email.toUpperCase()])
    t.match(await latchkey('users', 'sign-out', name, '--json'), {
      stdout: `{"id":"${ada.user.id}","ended":${name === ada.user.id ? 1 : 0}}\n`
    })
})

t.test(
  'users disable ends all sessions and refuses sign-ins, after the right password only; enable undoes it',
  async t => {
    const settings = await sharedSettings(t)
    const service = await serve(t, settings)
    const { app, call, signUp, clock, refresh } = service
    const latchkey = createProgram(settings, clock)
    const pair = await signUp()
    const { email } = pair.user
    const login = (password: string) => call('POST', '/api/auth/login', { body: { email, password } })
    clock.advance(1)
    const disable = async () =>
      t.match(await latchkey('users', 'disable', email), {
        code: 0,
        stdout: 'user1@example.org: cannot sign in any more; 1 session has ended\n'
      })
    await t.rejects(
      loginWithDelay(app, email, disable),
      { code: 'invalid_credentials' },
      'a sign-in under way gives no session'
    )
    t.match((await latchkey('users', 'list')).stdout, /user1 {2}disabled\n$/)

    const { accessToken: token } = pair
    t.match(await call('GET', '/api/auth/me', { token }), {
      status: 401,
      body: { code: 'access_token_revoked' }
    })
    clock.advance(300)
    t.match(await refresh(pair), { status: 401, body: { code: 'refresh_token_revoked' } })
    t.match(await login('a wrong password'), { status: 401, body: { code: 'invalid_credentials' } })
    const refused = await login(PASSWORD)
    t.equal(refused.status, 403)
    t.strictSame(refused.body, expectedProblem(refused, 403, 'account_disabled'))
    t.match(await latchkey('users', 'disable', email, '--json'), {
      stdout: `{"id":"${pair.user.id}","ended":0}\n`
    })

    clock.advance(1)
    t.match(await latchkey('users', 'enable', email), {
      code: 0,
      stdout: 'user1@example.org: can sign in again\n'
    })
    clock.advance(1)
    const { status, body } = await login(PASSWORD)
    t.equal(status, 200)
    const { items } = (await call('GET', '/api/auth/events', { token: body.accessToken })).body
    t.strictSame(
      items.slice(0, 2).map(({ type }: { type: string }) => type),
      ['signed_in', 'account_enabled']
    )
    t.ok(items.some((event: object) => 'endReason' in event && event.endReason === 'account_disabled'))
  }
)

t.test('an unknown user is an error, and an empty name is not all users', async t => {
  const settings = await sharedSettings(t)
  const { call, signUp } = await serve(t, settings)
  const { accessToken: token } = await signUp()
  for (const command of ['disable', 'enable', 'sign-out', 'send-reset'])
    for (const name of ['nobody', '%', '*'])
      t.strictSame(await createProgram(settings)('users', command, name), {
        code: 67,
        stdout: '',
        stderr: `There is no user ${JSON.stringify(name)}: give an e-mail, a user name or an id.\n`
      })
  for (const command of ['disable', 'enable', 'sign-out', 'send-reset'])
    for (const name of ['', ' '])
      t.strictSame(await createProgram(settings)('users', command, name), {
        code: 64,
        stdout: '',
        stderr: `USER is missing. See latchkey users ${command} --help.\n`
      })
  t.equal((await call('GET', '/api/auth/me', { token })).status, 200)
})

t.test('a user is named by an id in either case of its digits, too', async t => {
  const settings = await sharedSettings(t)
  const { signUp, clock } = await serve(t, settings)
  const { user } = await signUp()
  const { stdout } = await createProgram(settings, clock)('users', 'sign-out', user.id.toUpperCase())
  t.equal(stdout, `${user.email}: 1 session has ended\n`)
})
