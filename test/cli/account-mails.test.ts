import t, { type Test } from 'tap'
import { toCommandError } from '../../src/cli/commands/users/sign-up-errors.ts'
import { Problem } from '../../src/problems/problem.ts'
import { MAIL_SETTINGS } from '../accounts/mail-service.ts'
import { parameterOf } from '../support/mailbox.ts'
import { expectedProblem, loginWithDelay, PASSWORD, type Settings, serve } from '../support/service.ts'
import { createProgram, sharedSettings } from './program.ts'

const NEW_PASSWORD = 'battery staple, correct horse'
const ADA = { username: 'ada', email: 'ada@example.org' }

/** A service, and the program on the same database. */
async function serveWithProgram(t: Test, settings: Settings = {}) {
  const shared = { ...(await sharedSettings(t)), ...MAIL_SETTINGS, ...settings }
  const service = await serve(t, shared)
  const { call, clock, takeMails } = service
  const signUp = async () => {
    const pair = await service.signUp(ADA)
    await takeMails()
    return pair
  }
  const reset = (token: string) =>
    call('POST', '/api/auth/password/reset', { body: { token, newPassword: NEW_PASSWORD } })
  const login = (password: string) =>
    call('POST', '/api/auth/login', { body: { email: ADA.email, password } })
  const listEvents = async (token: string) => {
    const { body } = await call('GET', '/api/auth/events', { token })
    return body.items.map(({ type, ip }: { type: string; ip: string | null }) => [type, ip])
  }
  return { ...service, signUp, reset, login, listEvents, latchkey: createProgram(shared, clock) }
}

const succeeded = (stdout: string) => ({ code: 0, stdout, stderr: '' })
const failed = (code: number, stderr: string) => ({ code, stdout: '', stderr: `${stderr}\n` })
const EXISTS = 73

t.test('users send-reset mails a link, and nobody but the user sees a password', async t => {
  const { latchkey, signUp, takeMails, reset, login, listEvents, call } = await serveWithProgram(t)
  const { user, accessToken: token } = await signUp()
  const sent = succeeded('ada@example.org: a link to set a new password is on its way\n')
  for (const name of ['ada', 'ADA@example.org', user.id]) {
    t.strictSame(await latchkey('users', 'send-reset', name), sent)
    t.match(await takeMails(), [
      { kind: 'password_reset', to: ADA.email, text: /Those who run the service have sent you/ }
    ])
  }
  t.strictSame(
    await latchkey('users', 'send-reset', 'ada', '--json'),
    succeeded(`{"id":"${user.id}","email":"ada@example.org"}\n`)
  )
  t.equal((await call('GET', '/api/auth/me', { token })).status, 200, 'nothing has changed yet')
  const [mail, ...others] = await takeMails()
  t.strictSame(others, [])
  if (!mail) return
  t.match(mail.text, 'https://id.example/account/reset-password?token=lks_')

  t.equal((await reset(parameterOf(mail, 'token'))).status, 204)
  t.match(await login(PASSWORD), { status: 401 })
  const { status, body } = await login(NEW_PASSWORD)
  t.equal(status, 200)
  t.strictSame(await listEvents(body.accessToken), [
    ['signed_in', '127.0.0.1'],
    ['sign_in_failed', '127.0.0.1'],
    ['session_ended', '127.0.0.1'],
    ['password_reset', '127.0.0.1'],
    ['account_created', '127.0.0.1']
  ])
})

t.test('a link for a disabled account works once the account is enabled', async t => {
  const { latchkey, signUp, takeMails, reset } = await serveWithProgram(t)
  await signUp()
  await latchkey('users', 'disable', 'ada')
  await takeMails()
  t.strictSame(
    await latchkey('users', 'send-reset', 'ada'),
    succeeded(
      'ada@example.org: a link to set a new password is on its way, but the account is disabled: users enable makes it work\n'
    )
  )
  const [mail] = await takeMails()
  if (!mail) return t.fail('no mail')
  const token = parameterOf(mail, 'token')
  const refused = await reset(token)
  t.strictSame(refused.body, expectedProblem(refused, 403, 'account_disabled'))
  await latchkey('users', 'enable', 'ada')
  t.equal((await reset(token)).status, 204)
})

t.test('a sign-in under way with the old password does not survive its reset', async t => {
  const { app, latchkey, signUp, takeMails, reset } = await serveWithProgram(t)
  await signUp()
  await latchkey('users', 'send-reset', 'ada')
  const [mail] = await takeMails()
  if (!mail) return t.fail('no mail')
  const resetPassword = () => reset(parameterOf(mail, 'token'))
  await t.rejects(loginWithDelay(app, ADA.email, resetPassword), { code: 'invalid_credentials' })
})

t.test('users create makes an account whose owner sets the password', async t => {
  const { latchkey, takeMails, reset, login, listEvents, clock } = await serveWithProgram(t)
  t.strictSame(
    await latchkey('users', 'create', 'ada', ADA.email),
    succeeded('ada@example.org: the account ada is made; a link to set its password is on its way\n')
  )
  t.match((await latchkey('users', 'list')).stdout, /^[0-9a-f-]{36} {2}ada@example\.org {2}ada\n$/)
  const [mail, ...others] = await takeMails()
  t.match(mail, { kind: 'password_reset', to: ADA.email, text: /Those who run the service have made/ })
  t.strictSame(others, [])
  if (!mail) return
  clock.advance(1)
  for (const guess of ['', 'ada']) t.match(await login(guess), { status: 401 })
  t.equal((await reset(parameterOf(mail, 'token'))).status, 204)
  const { status, body } = await login(NEW_PASSWORD)
  t.match({ status, user: body.user }, { status: 200, user: { ...ADA, emailVerified: true } })
  t.match((await latchkey('users', 'list')).stdout, / {2}ada {2}verified\n$/)
  const events = await listEvents(body.accessToken)
  t.strictSame(events.at(-1), ['account_created', null], 'by nobody with an address')
  t.match(await takeMails(), [{ kind: 'password_reset_done', to: ADA.email }])

  const { stdout } = await latchkey('users', 'create', 'Bob', 'Bob@bücher.example', '--json')
  const { id, ...account } = JSON.parse(stdout)
  t.match(id, /^[0-9a-f-]{36}$/)
  t.strictSame(account, { username: 'Bob', email: 'Bob@xn--bcher-kva.example', emailVerified: false })
  t.match(await takeMails(), [{ to: account.email }])
})

t.test('users create says what is taken, and mails nothing then', async t => {
  const { latchkey, signUp, takeMails } = await serveWithProgram(t)
  await signUp()
  const taken = [
    ['ADA', 'eve@example.org', 'The user name belongs to an account already; see latchkey users list.'],
    ['eve', 'ADA@example.org', 'The e-mail belongs to an account already; see latchkey users list.'],
    ['ada', ADA.email, 'The user name and the e-mail belong to accounts already; see latchkey users list.']
  ] as const
  for (const [username, email, message] of taken) {
    t.strictSame(await latchkey('users', 'create', username, email), failed(EXISTS, message))
    t.strictSame(
      await latchkey('users', 'create', username, email, '--json'),
      failed(EXISTS, JSON.stringify({ error: message }))
    )
  }
  t.strictSame(await takeMails(), [])
})

t.test('an error that is not about what is taken stays what it is', async t => {
  for (const fault of [new Error('disk full'), new Problem('overloaded')])
    t.throws(() => toCommandError(fault), fault)
})

t.test('of two users create at once for one address one makes the account', async t => {
  const { latchkey, takeMails } = await serveWithProgram(t)
  const results = await Promise.all(
    ['ada', 'eve'].map(username => latchkey('users', 'create', username, ADA.email))
  )
  t.strictSame(results.map(({ code }) => code).sort(), [0, EXISTS])
  t.equal((await takeMails()).length, 1)
})

t.test('users invite mails an invitation', async t => {
  const { latchkey, signUp, takeMails } = await serveWithProgram(t)
  await signUp()
  t.strictSame(
    await latchkey('users', 'invite', 'Bob@bücher.example'),
    succeeded('Bob@xn--bcher-kva.example: an invitation is on its way, good until 2026-01-08T00:00:00.000Z\n')
  )
  t.match(await takeMails(), [{ kind: 'invitation', to: 'Bob@xn--bcher-kva.example', text: 'lki_' }])
  t.strictSame(
    await latchkey('users', 'invite', 'eve@example.org', '--json'),
    succeeded('{"email":"eve@example.org","expiresAt":"2026-01-08T00:00:00.000Z"}\n')
  )
  t.match(await takeMails(), [{ kind: 'invitation', to: 'eve@example.org' }])
  const message = 'The e-mail belongs to an account already; see latchkey users list.'
  for (const email of [ADA.email, 'ADA@Example.org'])
    t.strictSame(await latchkey('users', 'invite', email), failed(EXISTS, message))
  t.strictSame(await takeMails(), [])
})

t.test('no invitation goes to an address that has got an account meanwhile', async t => {
  const { latchkey, call, takeMails } = await serveWithProgram(t)
  // Another process does not wake the sender, so the mail is still there when the account is made.
  t.equal((await latchkey('users', 'invite', ADA.email)).code, 0)
  const body = { ...ADA, email: 'ADA@example.org', password: PASSWORD }
  t.equal((await call('POST', '/api/auth/register', { body })).status, 201)
  const mails = await takeMails()
  t.strictSame(
    mails.map(({ kind, to }) => [kind, to]),
    [['verification_code', body.email]]
  )
})

t.test('users invite is refused where nobody may sign up', async t => {
  const { latchkey, takeMails } = await serveWithProgram(t, { SIGN_UP: 'closed' })
  const message = 'SIGN_UP: is closed, so that no invitation can be used; users create makes an account.'
  t.strictSame(await latchkey('users', 'invite', ADA.email), failed(78, message))
  t.strictSame(await takeMails(), [])
  t.equal((await latchkey('users', 'create', 'ada', ADA.email)).code, 0)
})

t.test('what is no address or no user name is named', async t => {
  const { latchkey, takeMails } = await serveWithProgram(t)
  const noAddress = 'is no e-mail address.'
  const faults = [
    ['ada', noAddress],
    ['@example.org', noAddress],
    ['ada@localhost', noAddress],
    ['ada@example.org,eve@example.org', noAddress],
    ['Ada <ada@example.org>', noAddress],
    ['ada@example.org\nBcc: eve@example.org', noAddress],
    [`ada@${'a.'.repeat(130)}org`, noAddress],
    ['ada@example.org ', 'begins or ends with a space; leave that out.'],
    ['adä@example.org', 'has letters before the @ that are not ASCII; give one without.']
  ] as const
  for (const [email, fault] of faults) {
    const answer = failed(64, `${JSON.stringify(email)} ${fault}`)
    t.strictSame(await latchkey('users', 'invite', email), answer)
    t.strictSame(await latchkey('users', 'create', 'ada', email), answer)
  }
  for (const username of ['ab', 'ada lovelace', 'adä', 'a'.repeat(33), 'ada@example.org'])
    t.strictSame(
      await latchkey('users', 'create', username, ADA.email),
      failed(
        64,
        `${JSON.stringify(username)} is no user name: give 3 to 32 letters, digits, dots, underscores or hyphens.`
      )
    )
  const missing = (name: string, command: string) =>
    failed(64, `${name} is missing. See latchkey users ${command} --help.`)
  t.strictSame(await latchkey('users', 'invite', ' '), missing('EMAIL', 'invite'))
  t.strictSame(await latchkey('users', 'create', '', ADA.email), missing('USERNAME', 'create'))
  t.strictSame(await latchkey('users', 'create', 'ada'), missing('EMAIL', 'create'))
  t.strictSame(await latchkey('users', 'invite', ADA.email, 'eve'), failed(64, 'Unexpected argument "eve".'))
  t.strictSame(await takeMails(), [])
  t.strictSame(await latchkey('users', 'list'), succeeded(''))
})

t.test('what sends a mail is refused where none are sent', async t => {
  const settings = { ...(await sharedSettings(t)), MAIL_URL: 'off' }
  const { signUp, takeMails } = await serve(t, settings)
  const { user } = await signUp(ADA)
  const latchkey = createProgram(settings)
  const message =
    'MAIL_URL: this sends a mail, and none is sent, because it is off or not set. Give smtp://USER:PASSWORD@HOST:PORT, ' +
    'smtps://USER:PASSWORD@HOST:PORT or file:FOLDER.'
  const commands = [
    ['send-reset', 'ada'],
    ['send-reset', 'nobody'],
    ['invite', 'eve@example.org'],
    ['create', 'eve', 'eve@example.org']
  ] as const
  for (const command of commands) {
    t.strictSame(await latchkey('users', ...command), failed(78, message))
    t.strictSame(
      await latchkey('users', ...command, '--json'),
      failed(78, JSON.stringify({ error: message }))
    )
  }
  for (const command of ['disable', 'enable'])
    t.match(await latchkey('users', command, user.id), { code: 0, stderr: '' })
  t.strictSame(await takeMails(), [])
})

t.test('the owner is told once that an account is disabled or enabled', async t => {
  const { latchkey, signUp, takeMails, login, listEvents, clock } = await serveWithProgram(t)
  const { user } = await signUp()
  const takeKinds = async () => (await takeMails()).map(({ kind, to }) => [kind, to])
  const setDisabled = async (command: string, stdout: string) => {
    for (let times = 0; times < 2; times++) {
      clock.advance(1)
      t.match(await latchkey('users', command, 'ada'), { code: 0, stderr: '', stdout })
    }
  }
  await setDisabled('disable', 'ada@example.org: cannot sign in any more; ')
  t.strictSame(await takeKinds(), [['account_disabled', ADA.email]])
  t.match(JSON.parse((await latchkey('users', 'list', '--json')).stdout), {
    id: user.id,
    disabledAt: '2026-01-01T00:00:01.000Z'
  })
  await setDisabled('enable', 'ada@example.org: can sign in again\n')
  t.strictSame(await takeKinds(), [['account_enabled', ADA.email]])
  const { body } = await login(PASSWORD)
  t.strictSame(await listEvents(body.accessToken), [
    ['signed_in', '127.0.0.1'],
    ['account_enabled', null],
    ['session_ended', null],
    ['account_disabled', null],
    ['account_created', '127.0.0.1']
  ])
})
