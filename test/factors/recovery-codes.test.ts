import t from 'tap'
import { createRecoveryCode, hashRecoveryCode } from '../../src/auth/factors/codes/recovery-codes.ts'
import { expectedProblem } from '../support/service.ts'
import { codeOf, serveFactors } from './factor-service.ts'

t.test('[63B-3.1.2.2] a code has 120 bits, and is read as people type it', async t => {
  const codes = Array.from({ length: 1000 }, createRecoveryCode)
  t.equal(new Set(codes).size, 1000)
  const used = new Set(codes.join('').replaceAll('-', ''))
  t.equal(used.size, 32, 'each of 24 characters has five bits')
  const hash = hashRecoveryCode('ada', '01ABCD-EFGHJK-MNPQRS-TVWXYZ')
  for (const typed of [
    '01abcd efghjk mnpqrs tvwxyz',
    'oIABCDEFGHJKMNPQRSTVWXYZ',
    ' Olabcd\u2013EFGHJK mnpqrs\ttvwxyz\n'
  ])
    t.equal(hashRecoveryCode('ada', typed), hash, typed)
  for (const other of ['02ABCD-EFGHJK-MNPQRS-TVWXYZ', '01ABCD-EFGHJK-MNPQRS-TVWXY', ''])
    t.not(hashRecoveryCode('ada', other), hash)
  t.not(hashRecoveryCode('bob', '01ABCD-EFGHJK-MNPQRS-TVWXYZ'), hash)
})

t.test('a recovery code signs in once, and another one takes its place', async t => {
  const { call, addTotp, challenge, answer, login, takeMails, clock } = await serveFactors(t)
  const { recoveryCodes } = await addTotp()
  await takeMails()
  const [code = ''] = recoveryCodes
  const signedIn = await answer({
    challenge: await challenge(),
    recoveryCode: code.toLowerCase().replaceAll('-', ' ')
  })
  t.equal(signedIn.status, 200)
  const { accessToken: token, recoveryCode } = signedIn.body
  t.match(recoveryCode, /^[0-9A-Z]{6}(-[0-9A-Z]{6}){3}$/)
  t.notOk(recoveryCodes.includes(recoveryCode))
  const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())
  t.match(claims, { acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] })
  t.match(await takeMails(), [{ to: 'ada@example.org', subject: 'Latchkey: a recovery code was used' }])
  t.match((await call('GET', '/api/auth/events?limit=2', { token })).body.items, [
    { type: 'signed_in' },
    { type: 'recovery_code_used' }
  ])
  t.equal((await call('GET', '/api/auth/factors', { token })).body.recoveryCodesLeft, 10)

  const again = await answer({ challenge: await challenge(), recoveryCode: code })
  t.strictSame(again.body, expectedProblem(again, 403, 'second_factor_wrong', { action: 'second-factor' }))
  t.equal((await answer({ challenge: await challenge(), recoveryCode })).status, 200, 'the one in its place')
  clock.advance(300)
  t.equal(
    (await call('POST', '/api/auth/refresh', { body: signedIn.body })).status,
    200,
    'the answer is taken as it is'
  )
  t.match((await login()).body.methods, ['totp', 'recovery_code'])
})

t.test('of parallel uses of one recovery code, one signs in', async t => {
  const { addTotp, challenge, answer } = await serveFactors(t)
  const { recoveryCodes } = await addTotp()
  const challenges = [await challenge(), await challenge(), await challenge(), await challenge()]
  const answers = await Promise.all(
    challenges.map(challenge => answer({ challenge, recoveryCode: recoveryCodes[3] }))
  )
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 403, 403, 403])
})

t.test('of parallel uses of one challenge, one signs in, and one code is used', async t => {
  const { addTotp, challenge, answer, pair, call } = await serveFactors(t)
  const { recoveryCodes } = await addTotp()
  const text = await challenge()
  const answers = await Promise.all(
    recoveryCodes.slice(0, 4).map(recoveryCode => answer({ challenge: text, recoveryCode }))
  )
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 401, 401, 401])
  for (const { status, body } of answers) t.equal(status === 200 || body.code === 'sign_in_expired', true)
  const left = await call('GET', '/api/auth/factors', { token: pair.accessToken })
  t.equal(left.body.recoveryCodesLeft, 10)
  const others = await Promise.all(
    recoveryCodes
      .slice(0, 4)
      .map(async recoveryCode => answer({ challenge: await challenge(), recoveryCode }))
  )
  t.strictSame(others.map(({ status }) => status).sort(), [200, 200, 200, 403])
})

t.test('new codes void the old ones; without a second factor there are none', async t => {
  const { call, pair, addTotp, challenge, answer, takeMails } = await serveFactors(t)
  const token = pair.accessToken
  const none = await call('POST', '/api/auth/recovery-codes', { token })
  t.strictSame(none.body, expectedProblem(none, 409, 'no_second_factor'))
  const { recoveryCodes } = await addTotp()
  await takeMails()
  const { status, body } = await call('POST', '/api/auth/recovery-codes', { token })
  t.equal(status, 200)
  t.strictSame(Object.keys(body), ['recoveryCodes'])
  t.equal(new Set([...body.recoveryCodes, ...recoveryCodes]).size, 20)
  t.match(await takeMails(), [{ subject: 'Latchkey: you have new recovery codes' }])
  t.match((await call('GET', '/api/auth/events?limit=1', { token })).body.items, [
    { type: 'recovery_codes_replaced' }
  ])
  t.equal((await answer({ challenge: await challenge(), recoveryCode: recoveryCodes[0] })).status, 403)
  t.equal((await answer({ challenge: await challenge(), recoveryCode: body.recoveryCodes[9] })).status, 200)
})

t.test('a signed-in user shows again who he is, by a code or a recovery code', async t => {
  const service = await serveFactors(t)
  const { call, pair, addTotp, takeMails, clock } = service
  const { secret, recoveryCodes } = await addTotp()
  await takeMails()
  const token = pair.accessToken
  const reauthenticate = (body: object) => call('POST', '/api/auth/reauthenticate', { token, body })
  const code = codeOf(secret, service)
  const now = clock.now()
  const fresh = {
    authenticatedAt: now.toISOString(),
    level: 'aal2',
    freshUntil: new Date(now.getTime() + 600_000).toISOString()
  }
  t.strictSame((await reauthenticate({ code })).body, { ...fresh, methods: ['password', 'totp'] })
  const replayed = await reauthenticate({ code })
  t.strictSame(replayed.body, expectedProblem(replayed, 403, 'second_factor_wrong'))

  const byCode = await reauthenticate({ recoveryCode: recoveryCodes[0] })
  t.strictSame(byCode.body, {
    ...fresh,
    methods: ['password', 'totp', 'recovery_code'],
    recoveryCode: byCode.body.recoveryCode
  })
  t.match(await takeMails(), [{ subject: 'Latchkey: a recovery code was used' }])
  t.equal((await reauthenticate({ recoveryCode: recoveryCodes[0] })).status, 403)
  const both = await reauthenticate({ code, recoveryCode: recoveryCodes[1] })
  t.match(both, { status: 400, body: { errors: [{ pointer: '' }] } })
  t.match((await call('GET', '/api/auth/events?limit=3', { token })).body.items, [
    { type: 'second_factor_failed' },
    { type: 'recovery_code_used' },
    { type: 'second_factor_failed' }
  ])

  for (let round = 1; round < 15; round += 1) t.equal((await reauthenticate({ code })).status, 403)
  t.match(await reauthenticate({ code }), { status: 429, body: { code: 'sign_in_throttled' } })
})

t.test('of parallel proofs by one code, one counts', async t => {
  const service = await serveFactors(t)
  const { call, pair, addTotp } = service
  const { secret } = await addTotp()
  const code = codeOf(secret, service)
  const answers = await Promise.all(
    [1, 2, 3].map(() => call('POST', '/api/auth/reauthenticate', { token: pair.accessToken, body: { code } }))
  )
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 403, 403])
})
