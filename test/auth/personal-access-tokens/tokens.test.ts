import { crc32 } from 'node:zlib'
import t from 'tap'
import { readConfig } from '../../../src/config/config.ts'
import { retentionRules } from '../../../src/features.ts'
import { createJanitor } from '../../../src/jobs/janitor.ts'
import { expectedProblem, SECRET } from '../../support/service.ts'
import { MISSING_ID } from '../../todos/signed-in.ts'
import { createToken, eventsOf, serveOwner } from './token-service.ts'

const DAY = 86_400
const sessionOf = (accessToken: string): string =>
  JSON.parse(Buffer.from(`${accessToken.split('.')[1]}`, 'base64url').toString()).sid

t.test('[SCOPE] a token is made, shown once, listed, and revoked', async t => {
  const { call, own, pair } = await serveOwner(t)
  const made = await own('POST', '/tokens', { name: '  backup  ', scopes: ['todos:read'] })
  t.equal(made.status, 201)
  const { token, ...shown } = made.body
  t.strictSame(shown, {
    id: shown.id,
    name: 'backup',
    scopes: ['todos:read'],
    createdAt: '2026-01-01T00:00:00.000Z',
    expiresAt: '2026-01-31T00:00:00.000Z',
    lastUsedAt: null
  })
  t.equal(made.headers.location, `/api/auth/tokens/${shown.id}`)
  t.equal(made.headers['cache-control'], 'no-store')
  t.match(token, /^lkp_[0-9A-Za-z]{49}$/)

  const other = await createToken({ call }, pair.accessToken, { name: 'other' })
  const { token: _, ...otherShown } = other
  t.strictSame((await own('GET', '/tokens')).body, { items: [otherShown, shown] })
  t.strictSame((await own('GET', `/tokens/${shown.id}`)).body, shown)
  t.equal((await call('GET', '/api/todos', { token })).status, 200)

  const revoked = await own('DELETE', `/tokens/${shown.id.toUpperCase()}`)
  t.match(revoked, { status: 204, body: '' })
  const refused = await call('GET', '/api/todos', { token })
  t.strictSame(
    refused.body,
    expectedProblem(refused, 401, 'personal_access_token_invalid', {
      detail: 'It was revoked, or it was damaged. Use another one.',
      action: 'replace-token'
    })
  )
  t.equal(
    refused.headers['www-authenticate'],
    'Bearer error="invalid_token", error_description="The personal access token is not valid"'
  )
  t.strictSame((await own('GET', '/tokens')).body, { items: [otherShown] })
  for (const method of ['GET', 'DELETE']) {
    const missing = await own(method, `/tokens/${shown.id}`)
    t.strictSame(missing.body, expectedProblem(missing, 404, 'personal_access_token_not_found'))
  }
  const sessionId = sessionOf(pair.accessToken)
  t.strictSame(await eventsOf({ call }, pair.accessToken), [
    { type: 'token_revoked', sessionId, endReason: null },
    { type: 'token_created', sessionId, endReason: null },
    { type: 'token_created', sessionId, endReason: null },
    { type: 'account_created', sessionId, endReason: null }
  ])
})

t.test('nobody sees, or ends, the tokens of others', async t => {
  const { call, signUp, create } = await serveOwner(t)
  const { id, token } = await create()
  const { accessToken: stranger } = await signUp()
  t.strictSame((await call('GET', '/api/auth/tokens', { token: stranger })).body, { items: [] })
  for (const method of ['GET', 'DELETE']) {
    const [theirs, missing] = await Promise.all(
      [id, MISSING_ID].map(id => call(method, `/api/auth/tokens/${id}`, { token: stranger }))
    )
    t.match(theirs?.body, { status: 404, code: 'personal_access_token_not_found' })
    t.strictSame({ ...theirs?.body, instance: '' }, { ...missing?.body, instance: '' })
  }
  t.equal((await call('GET', '/api/todos', { token })).status, 200)
})

t.test('every wrong value is named, and nothing is made', async t => {
  const { own } = await serveOwner(t)
  const good = { name: 'script', scopes: ['todos:read'] }
  const name =
    'is not accepted; give a text of 1 to 100 characters, not counting white space around it, without marks that turn the direction of writing'
  const scopes = 'is not accepted; give at least one of todos:read and todos:write, each once'
  const seconds = 'is not accepted; give a whole number of seconds from 1 to 31622400, which are 366 days'
  const far = 'is more than 366 days away; give an earlier instant'
  const past = 'has passed; give an instant in the future'
  const cases: [object, string, string][] = [
    [{ scopes: ['todos:read'] }, '/name', 'is required'],
    [{ ...good, name: '' }, '/name', name],
    [{ ...good, name: 'x'.repeat(101) }, '/name', name],
    [{ ...good, name: 'safe\u202eelif' }, '/name', name],
    [{ ...good, name: '\u2067' }, '/name', name],
    [{ ...good, name: 'a\u200f' }, '/name', name],
    [{ ...good, name: '\u061ca' }, '/name', name],
    [{ ...good, name: 'a\nb' }, '/name', 'contains a line break, U+000A; remove it'],
    [{ ...good, name: null }, '/name', 'must be of type string'],
    [{ name: 'script' }, '/scopes', 'is required'],
    [{ ...good, scopes: [] }, '/scopes', scopes],
    [{ ...good, scopes: 'todos:read' }, '/scopes', 'must be of type array'],
    [{ ...good, scopes: ['todos:read', 'todos:read'] }, '/scopes', scopes],
    [
      { ...good, scopes: ['account'] },
      '/scopes/0',
      'is not accepted; give one of todos:read and todos:write'
    ],
    [
      { ...good, scopes: ['todos:*'] },
      '/scopes/0',
      'is not accepted; give one of todos:read and todos:write'
    ],
    [{ ...good, expiresIn: 0 }, '/expiresIn', seconds],
    [{ ...good, expiresIn: 366 * DAY + 1 }, '/expiresIn', seconds],
    [{ ...good, expiresIn: '60' }, '/expiresIn', 'must be of type integer'],
    [{ ...good, expiresIn: null }, '/expiresIn', 'must be of type integer'],
    [{ ...good, expiresAt: '2026-01-01T00:00:00.000Z' }, '/expiresAt', past],
    [{ ...good, expiresAt: '2025-12-31T23:59:59Z' }, '/expiresAt', past],
    [{ ...good, expiresAt: '2027-01-02T00:00:00.001Z' }, '/expiresAt', far],
    [{ ...good, expiresAt: '9999-01-02T00:00:00Z' }, '/expiresAt', far],
    [
      { ...good, expiresIn: 60, expiresAt: '2026-02-01T00:00:00Z' },
      '/expiresIn',
      'says the same as expiresAt; give one of them'
    ],
    [{ ...good, scope: 'todos:read' }, '/scope', 'is not known; did you mean scopes?']
  ]
  for (const [body, pointer, detail] of cases) {
    const answer = await own('POST', '/tokens', body)
    t.strictSame(
      answer.body,
      expectedProblem(answer, 400, 'validation_failed', { errors: [{ detail, pointer }] }),
      JSON.stringify(body)
    )
  }
  const repeated = await own('POST', '/tokens', good, { 'idempotency-key': 'some key' })
  t.strictSame(
    repeated.body,
    expectedProblem(repeated, 400, 'validation_failed', {
      errors: [
        {
          parameter: 'Idempotency-Key',
          detail:
            'is not taken here, since a token is shown once; leave it out, and if the answer gets lost, delete the token and make another'
        }
      ]
    })
  )
  t.strictSame((await own('GET', '/tokens')).body, { items: [] })
})

t.test('a token lives as long as its owner says, to the millisecond', async t => {
  const { call, clock, own, create } = await serveOwner(t)
  const offset = await create({ expiresAt: '2026-01-01T01:01:00.5+01:00' })
  const longest = await create({ expiresAt: '2027-01-02T00:00:00Z' })
  const seconds = await create({ expiresIn: 366 * DAY })
  t.strictSame(
    [offset, longest, seconds].map(({ expiresAt }) => expiresAt),
    ['2026-01-01T00:01:00.500Z', '2027-01-02T00:00:00.000Z', '2027-01-02T00:00:00.000Z']
  )
  const { token } = offset
  const read = () => call('GET', '/api/todos', { token })
  const write = () => call('POST', '/api/todos', { token, body: { title: 'x' } })
  for (const _ of [1, 2]) t.equal((await read()).status, 200)
  clock.advance(60.499)
  t.equal((await read()).status, 200)
  t.equal((await write()).status, 201)
  clock.advance(0.001)
  for (const act of [read, write, read]) {
    const expired = await act()
    t.strictSame(
      expired.body,
      expectedProblem(expired, 401, 'personal_access_token_expired', { action: 'replace-token' })
    )
    t.equal(
      expired.headers['www-authenticate'],
      'Bearer error="invalid_token", error_description="The personal access token has expired"'
    )
  }
  t.equal((await own('GET', '/tokens')).body.items.length, 3, 'it is listed still')
})

t.test('[V7.5.1] a token is made with a fresh session only, and ended with any', async t => {
  const { clock, own, create } = await serveOwner(t, {
    ACCESS_TOKEN_TTL: '3600',
    REAUTHENTICATION_TTL: '600'
  })
  const { id } = await create()
  clock.advance(600)
  const refused = await own('POST', '/tokens', { name: 'late', scopes: ['todos:read'] })
  t.strictSame(
    refused.body,
    expectedProblem(refused, 401, 'reauthentication_required', { action: 'reauthenticate' })
  )
  t.match(refused.headers['www-authenticate'], /^Bearer error="insufficient_user_authentication"/)
  t.equal((await own('DELETE', `/tokens/${id}`)).status, 204)
  t.strictSame((await own('GET', '/tokens')).body, { items: [] })
})

t.test('an account has at most fifty tokens, however many are made at a time', async t => {
  const { call, clock, own, pair, create, signUp } = await serveOwner(t)
  const body = { name: 'script', scopes: ['todos:read'], expiresIn: 60 }
  const answers = await Promise.all(Array.from({ length: 55 }, () => own('POST', '/tokens', body)))
  const refused = answers.filter(({ status }) => status !== 201)
  t.equal(refused.length, 5)
  for (const answer of refused)
    t.strictSame(answer.body, expectedProblem(answer, 403, 'too_many_personal_access_tokens'))
  const { items } = (await own('GET', '/tokens')).body
  t.equal(items.length, 50)
  await createToken({ call }, (await signUp()).accessToken)
  clock.advance(60)
  t.equal((await own('POST', '/tokens', body)).status, 403, 'expired ones count while they are listed')
  t.equal((await own('DELETE', `/tokens/${items[49].id}`)).status, 204)
  await create()
  t.equal((await eventsOf({ call }, pair.accessToken)).length, 50)
})

t.test('of parallel revocations one ends the token', async t => {
  const { call, own, pair, create } = await serveOwner(t)
  const { id, token } = await create()
  const answers = await Promise.all(Array.from({ length: 8 }, () => own('DELETE', `/tokens/${id}`)))
  t.strictSame(answers.map(({ status }) => status).sort(), [204, ...Array(7).fill(404)])
  t.equal((await call('GET', '/api/todos', { token })).status, 401)
  const events = await eventsOf({ call }, pair.accessToken)
  t.equal(events.filter(({ type }: { type: string }) => type === 'token_revoked').length, 1)
})

t.test('a token carries 256 random bits and a checksum, which scanners can check', async t => {
  const { call, create } = await serveOwner(t)
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const toNumber = (text: string) =>
    [...text].reduce((sum, digit) => sum * 62n + BigInt(digits.indexOf(digit)), 0n)
  const tokens = []
  for (let index = 0; index < 20; index++) tokens.push((await create()).token)
  t.equal(new Set(tokens).size, tokens.length)
  for (const token of tokens) {
    const secret = token.slice(4, 47)
    t.ok(toNumber(secret) < 2n ** 256n)
    t.equal(Number(toNumber(token.slice(47))), crc32(secret))
  }
  const [token = ''] = tokens
  const broken = [
    'lkp_',
    token.slice(0, -1),
    `${token}0`,
    token.slice(4),
    token.toLowerCase(),
    `LKP_${token.slice(4)}`,
    `lkp_${token[5]}${token[4]}${token.slice(6)}`,
    `${token.slice(0, -1)}${token.endsWith('0') ? 1 : 0}`,
    `lkp_${'0'.repeat(49)}`,
    `lkp_${'z'.repeat(10_000)}`,
    `lkp_${token.slice(4, -1)}é`
  ]
  for (const text of broken) {
    const { status, body } = await call('GET', '/api/todos', { headers: { authorization: `Bearer ${text}` } })
    const code = text.startsWith('lkp_') ? 'personal_access_token_invalid' : 'access_token_invalid'
    t.strictSame([status, body.code], [401, code], text)
  }
  const lowerCase = await call('GET', '/api/todos', { headers: { authorization: `bearer ${token}` } })
  t.equal(lowerCase.status, 200, 'the scheme is case-insensitive')
  for (const path of [`/api/todos?access_token=${token}`, `/api/todos?token=${token}`])
    t.equal((await call('GET', path)).status, 401, path)
})

t.test('[LOGSAFE] no log line and no answer but the first has the token', async t => {
  const { call, lines, own, create } = await serveOwner(t)
  const { id, token } = await create()
  await call('GET', '/api/todos', { token })
  await call('POST', '/api/todos', { token, body: {} })
  await call('GET', `/api/todos?token=${token}`, { token })
  await own('DELETE', `/tokens/${id}`)
  await call('GET', '/api/todos', { token })
  t.ok(lines.length > 4)
  t.notMatch(lines.join(), token.slice(4, 20))
})

t.test('the owner is told of a new token by mail', async t => {
  const { takeMails, create } = await serveOwner(t, {
    MAIL_URL: 'smtp://localhost',
    MAIL_FROM: 'id@example.org',
    PUBLIC_URL: 'https://id.example'
  })
  await takeMails()
  await create({ name: 'nightly backup' })
  const [mail, ...others] = await takeMails()
  t.match(mail, {
    kind: 'token_created',
    to: 'user1@example.org',
    subject: 'Latchkey: a token for programs was made'
  })
  t.match(mail?.text, 'nightly backup')
  t.notMatch(mail?.text, 'lkp_')
  t.strictSame(others, [])
})

t.test('expired tokens are listed for a month', async t => {
  const { app, call, clock, create } = await serveOwner(t)
  const { id } = await create({ expiresIn: 60 })
  const { id: later } = await create({ expiresIn: 61 })
  const clean = createJanitor(app.store, readConfig({ JWT_SECRET: SECRET }), retentionRules)
  const idsOfTokens = async () => {
    const pair = await call('POST', '/api/auth/login', {
      body: { email: 'user1@example.org', password: 'correct horse battery staple' }
    })
    const { body } = await call('GET', '/api/auth/tokens', { token: pair.body.accessToken })
    return body.items.map((item: { id: string }) => item.id)
  }
  clock.advance(60 + 30 * DAY)
  await clean()
  t.strictSame(await idsOfTokens(), [later, id])
  clock.advance(1)
  t.equal((await clean()).personalAccessTokens, 1)
  t.strictSame(await idsOfTokens(), [later])
})
