import t from 'tap'
import { authTables } from '../../src/auth/tables.ts'
import { ADA, serveMail } from '../accounts/mail-service.ts'
import { createAuthenticator } from '../support/authenticator.ts'
import { codeOf } from '../support/mailbox.ts'
import { expectedProblem, PASSWORD, serve } from '../support/service.ts'
import { REGISTER, SIGN_UP_OPTIONS, signIn, signUpWithPasskey } from './with-passkey.ts'

t.test('an account begins with a passkey and no password', async t => {
  const { call } = await serve(t)
  const authenticator = createAuthenticator()
  const answer = await signUpWithPasskey(call, ADA, authenticator)
  t.match(answer, { status: 201, headers: { location: '/api/auth/me' }, body: { user: ADA } })
  const token = answer.body.accessToken
  t.match((await call('GET', '/api/auth/passkeys', { token })).body.items, [{ name: 'Passkey' }])
  t.equal((await signIn(call, authenticator)).body.user.id, answer.body.user.id)

  for (const password of ['', PASSWORD]) {
    const refused = await call('POST', '/api/auth/login', { body: { email: ADA.email, password } })
    t.strictSame(refused.body, expectedProblem(refused, 401, 'invalid_credentials', { action: 'sign-in' }))
  }
})

t.test('where the address is to be confirmed, the account begins with the code', async t => {
  const { call, takeMails } = await serveMail(t, {
    SIGN_UP: 'verified',
    PASSKEY_ORIGINS: '',
    PASSKEY_RP_ID: 'localhost'
  })
  const authenticator = createAuthenticator()
  const started = await signUpWithPasskey(call, ADA, authenticator)
  t.equal(started.status, 202, JSON.stringify(started.body))
  t.equal((await signIn(call, authenticator)).status, 401)
  const [mail] = await takeMails()
  const { challengeId } = started.body
  const confirmed = await call('POST', '/api/auth/register/confirm', {
    body: { challengeId, code: mail && codeOf(mail) }
  })
  t.match(confirmed, { status: 201, body: { user: { ...ADA, emailVerified: true } } })
  t.equal((await signIn(call, authenticator)).body.user.id, confirmed.body.user.id)
})

t.test('an account begins with one of password and passkey', async t => {
  const { call } = await serve(t)
  const { body: options } = await call('POST', SIGN_UP_OPTIONS, { body: ADA })
  const passkey = createAuthenticator().create(options)
  for (const [rest, errors] of [
    [{}, [{ pointer: '/password', detail: 'is required' }]],
    [
      { password: PASSWORD, passkey },
      [{ pointer: '/passkey', detail: 'does not go with a password; give one of them' }]
    ]
  ] as const) {
    const answer = await call('POST', REGISTER, { body: { ...ADA, ...rest } })
    t.strictSame(answer.body, expectedProblem(answer, 400, 'validation_failed', { errors }))
  }
  t.equal((await call('POST', REGISTER, { body: { ...ADA, passkey } })).status, 201, 'nothing was used up')
  const grace = { username: 'grace', email: 'grace@example.org' }
  const again = await call('POST', REGISTER, { body: { ...grace, passkey } })
  t.strictSame(again.body, expectedProblem(again, 410, 'passkey_challenge_expired'))
})

t.test('names that are taken are told before there is a passkey, and may be changed after', async t => {
  const { call, signUp } = await serve(t)
  await signUp(ADA)
  const refused = await call('POST', SIGN_UP_OPTIONS, { body: ADA })
  t.match(refused.body, {
    status: 409,
    code: 'already_taken',
    errors: [{ pointer: '/username' }, { pointer: '/email' }]
  })
  const grace = { username: 'grace', email: 'grace@example.org' }
  const { body: options } = await call('POST', SIGN_UP_OPTIONS, { body: grace })
  const passkey = createAuthenticator().create(options)
  t.equal((await call('POST', REGISTER, { body: { ...grace, ...ADA, passkey } })).body.code, 'already_taken')
  t.equal((await call('POST', REGISTER, { body: { ...grace, username: 'hopper', passkey } })).status, 201)

  const closed = await serve(t, { SIGN_UP: 'closed' })
  const answer = await closed.call('POST', SIGN_UP_OPTIONS, { body: ADA })
  t.equal(answer.body.code, 'sign_up_closed')
})

t.test('with SIGN_UP=verified a passkey waits for the code once, and for one account', async t => {
  const { call, takeMails } = await serveMail(t, { SIGN_UP: 'verified', PASSKEY_RP_ID: 'localhost' })
  const { body: options } = await call('POST', SIGN_UP_OPTIONS, { body: ADA })
  const authenticator = createAuthenticator()
  const passkey = authenticator.create(options)
  const grace = { username: 'grace', email: 'grace@example.org' }
  const started = await call('POST', REGISTER, { body: { ...ADA, passkey } })
  t.equal(started.status, 202)
  const again = await call('POST', REGISTER, { body: { ...grace, passkey } })
  t.strictSame(again.body, expectedProblem(again, 410, 'passkey_challenge_expired'))

  const other = await signUpWithPasskey(call, grace, authenticator)
  const codes = new Map((await takeMails()).map(mail => [mail.to, codeOf(mail)]))
  const confirm = ({ challengeId }: { challengeId: string }, email: string) =>
    call('POST', '/api/auth/register/confirm', { body: { challengeId, code: codes.get(email) } })
  t.equal((await confirm(started.body, ADA.email)).status, 201)
  const taken = await confirm(other.body, grace.email)
  t.strictSame(taken.body, expectedProblem(taken, 409, 'passkey_already_registered'))
})

t.test('of two registrations with one e-mail the last one counts, and nothing of the one before', async t => {
  const kinds = ['password', 'passkey'] as const
  const pairs = kinds.flatMap(first => kinds.map(last => [first, last] as const))
  for (const [first, last] of pairs)
    await t.test(`${first}, then ${last}`, async t => {
      const { call, takeMails } = await serveMail(t, { SIGN_UP: 'verified', PASSKEY_RP_ID: 'localhost' })
      async function begin(username: string, kind: 'password' | 'passkey') {
        const account = { username, email: ADA.email }
        const authenticator = createAuthenticator()
        const password = `${username} has a horse, and a staple`
        const { body } = await (kind === 'passkey'
          ? signUpWithPasskey(call, account, authenticator)
          : call('POST', REGISTER, { body: { ...account, password } }))
        const [mail] = await takeMails()
        return {
          authenticator,
          password,
          answer: { challengeId: body.challengeId, code: mail && codeOf(mail) }
        }
      }
      const waysIn = async ({ authenticator, password }: Awaited<ReturnType<typeof begin>>) => ({
        password:
          (await call('POST', '/api/auth/login', { body: { email: ADA.email, password } })).status === 200,
        passkey: (await signIn(call, authenticator)).status === 200
      })
      const confirm = ({ answer }: Awaited<ReturnType<typeof begin>>) =>
        call('POST', '/api/auth/register/confirm', { body: answer })

      const mallory = await begin('mallory', first)
      const ada = await begin('ada', last)
      const expired = await confirm(mallory)
      t.strictSame(expired.body.code, 'challenge_expired')
      t.match(await confirm(ada), { status: 201, body: { user: ADA } })
      t.strictSame(await waysIn(mallory), { password: false, passkey: false })
      t.strictSame(await waysIn(ada), { password: false, passkey: false, [last]: true })
    })
})

t.test('a registration without password and passkey makes no account', async t => {
  const { app, call, takeMails } = await serveMail(t, { SIGN_UP: 'verified', PASSKEY_RP_ID: 'localhost' })
  const { body } = await signUpWithPasskey(call, ADA)
  const { challenges } = authTables(app.store.kit)
  await app.store.db.update(challenges).set({ passkey: null })
  const [mail] = await takeMails()
  const refused = await call('POST', '/api/auth/register/confirm', {
    body: { challengeId: body.challengeId, code: mail && codeOf(mail) }
  })
  t.equal(refused.body.code, 'challenge_expired')
})
