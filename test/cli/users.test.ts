import t from 'tap'
import { StatementError } from '../../src/db/errors.ts'
import { allTables } from '../../src/features.ts'
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

t.test('users reset-password prints a password that is good for one thing, to set another', async t => {
  const settings = { ...(await sharedSettings(t)), PASSWORD_MIN_LENGTH: '20' }
  const { call, signUp, clock } = await serve(t, settings)
  const before = `${PASSWORD}, ${PASSWORD}`
  const { accessToken: token, user } = await signUp({ password: before })
  clock.advance(1)
  const { code, stdout, stderr } = await createProgram(settings, clock)('users', 'reset-password', user.email)
  t.strictSame({ code, stderr }, { code: 0, stderr: '' })
  const [, password = ''] =
    /^user1@example\.org: 1 session has ended\. Until 2026-01-08T00:00:01\.000Z one sign-in with this password can set a new one:\n(.+)\n$/.exec(
      stdout
    ) ?? []
  t.match(password, /^([a-z2-9]{5}-){5}[a-z2-9]{5}$/)
  t.match(await call('GET', '/api/auth/me', { token }), {
    status: 401,
    body: { code: 'access_token_revoked' }
  })

  clock.advance(1)
  const login = (given: string, newPassword?: string) =>
    call('POST', '/api/auth/login', { body: { email: user.email, password: given, newPassword } })
  t.equal((await login(before)).body.code, 'invalid_credentials')
  t.equal((await login(before, 'another long phrase of mine')).body.code, 'invalid_credentials')
  const required = await login(password)
  t.strictSame(required.body, expectedProblem(required, 403, 'password_change_required'))
  const faults = [
    ['short', /^is not accepted; give 20 to 128 characters/],
    ['aaaaaaaaaaaaaaaaaaaaaa', /^is easy to guess/],
    [password, /^is the password that the account has now; choose another$/]
  ] as const
  for (const [newPassword, detail] of faults) {
    const refused = await login(password, newPassword)
    t.match(refused.body, { code: 'validation_failed', errors: [{ pointer: '/newPassword', detail }] })
    t.equal(refused.body.errors.length, 1)
  }

  const own = 'another long phrase of mine'
  clock.advance(1)
  const answers = await Promise.all([login(password, own), login(password, own)])
  const statuses = answers.map(({ status }) => status).sort()
  t.strictSame(statuses, [200, 401], 'it is exchanged once')
  t.equal((await login(password, own)).body.code, 'invalid_credentials')
  clock.advance(1)
  const { status, body } = await login(own)
  t.equal(status, 200)
  const events = await call('GET', '/api/auth/events', { token: body.accessToken })
  const types = events.body.items.map(({ type }: { type: string }) => type)
  t.strictSame(
    types.filter((type: string) => type !== 'sign_in_failed'),
    ['signed_in', 'signed_in', 'password_changed', 'session_ended', 'password_reset', 'account_created']
  )
})

t.test('a password that an operator has set expires, and a later one works', async t => {
  const settings = await sharedSettings(t)
  const { call, signUp, clock } = await serve(t, settings)
  const { user } = await signUp()
  const reset = async () =>
    JSON.parse((await createProgram(settings, clock)('users', 'reset-password', user.id, '--json')).stdout)
  const { password, ...rest } = await reset()
  t.strictSame(rest, { id: user.id, expiresAt: '2026-01-08T00:00:00.000Z', ended: 1 })
  const login = (body: object) => call('POST', '/api/auth/login', { body: { email: user.email, ...body } })
  clock.advance(7 * 86_400 - 0.001)
  t.equal((await login({ password })).body.code, 'password_change_required')
  clock.advance(0.001)
  for (const newPassword of [undefined, 'another long phrase']) {
    const expired = await login({ password, newPassword })
    t.strictSame(expired.body, expectedProblem(expired, 403, 'password_expired'))
  }
  const later = await reset()
  t.equal((await login({ password: later.password, newPassword: 'another long phrase' })).status, 200)
})

t.test(
  'a temporary password that cannot be exchanged stays, unless it has been replaced meanwhile',
  async t => {
    const settings = await sharedSettings(t)
    const { app, call, signUp, clock } = await serve(t, settings)
    const { user } = await signUp()
    const reset = async () =>
      JSON.parse((await createProgram(settings, clock)('users', 'reset-password', user.id, '--json')).stdout)
    const exchange = (password: string) => {
      const body = { email: user.email, password, newPassword: 'another long phrase' }
      return call('POST', '/api/auth/login', { body })
    }
    const { password } = await reset()
    const { atomically } = app.store
    const fault = new StatementError('users', Object.assign(new Error('full'), { code: 'SQLITE_FULL' }))
    Object.assign(app.store, { atomically: () => Promise.reject(fault) })
    t.match(await exchange(password), { status: 503 })

    let later = ''
    Object.assign(app.store, {
      async atomically(...steps: Parameters<typeof atomically>) {
        Object.assign(app.store, { atomically })
        later = (await reset()).password
        return atomically(...steps)
      }
    })
    t.match(await exchange(password), { status: 401, body: { code: 'invalid_credentials' } })
    t.match(await exchange(later), { status: 200 })
  }
)

t.test('a new password is taken at the sign-in for none but a temporary one', async t => {
  const { call, signUp } = await serve(t)
  const { user } = await signUp()
  const body = { email: user.email, password: PASSWORD, newPassword: 'another long phrase' }
  const refused = await call('POST', '/api/auth/login', { body })
  t.strictSame(
    refused.body,
    expectedProblem(refused, 400, 'validation_failed', {
      errors: [
        {
          detail:
            'is for passwords that an operator has set; leave it out, and change yours at PUT /api/auth/password',
          pointer: '/newPassword'
        }
      ]
    })
  )
  const { newPassword, ...usual } = body
  t.equal((await call('POST', '/api/auth/login', { body: usual })).status, 200, 'nothing has changed')
})

t.test('a sign-in under way with the old password does not survive its reset', async t => {
  const settings = await sharedSettings(t)
  const { app, signUp, clock } = await serve(t, settings)
  const { user } = await signUp()
  const resetPassword = () => createProgram(settings, clock)('users', 'reset-password', user.email)
  await t.rejects(loginWithDelay(app, user.email, resetPassword), { code: 'invalid_credentials' })
})

t.test('an unknown user is an error, and an empty name is not all users', async t => {
  const settings = await sharedSettings(t)
  const { call, signUp } = await serve(t, settings)
  const { accessToken: token } = await signUp()
  for (const command of ['disable', 'enable', 'sign-out', 'reset-password'])
    for (const name of ['nobody', '%', '*'])
      t.strictSame(await createProgram(settings)('users', command, name), {
        code: 67,
        stdout: '',
        stderr: `There is no user ${JSON.stringify(name)}: give an e-mail, a user name or an id.\n`
      })
  for (const command of ['disable', 'enable', 'sign-out', 'reset-password'])
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
