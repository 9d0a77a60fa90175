import t from 'tap'
import { allTables } from '../../src/features.ts'
import { expectedProblem, PASSWORD, type Pair, serve } from '../support/service.ts'

const TTL = 300
const key = '8e03978e-40d5-43e8-bc93-6894a57f9324'

/** A service and a pair whose access token has expired. */
async function expired(t: Parameters<typeof serve>[0]) {
  const service = await serve(t)
  const pair = await service.signUp()
  service.clock.advance(TTL)
  const refresh = ({ accessToken, refreshToken }: Pair, idempotencyKey?: string) =>
    service.call('POST', '/api/auth/refresh', {
      body: { accessToken, refreshToken },
      headers: { ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }) }
    })
  return { ...service, pair, refresh }
}

t.test('[LOST] the same refresh with the same key always gets the same pair', async t => {
  const { clock, call, pair, refresh } = await expired(t)
  const first = await refresh(pair, key)
  t.equal(first.status, 200)
  for (const seconds of [0, 5, 200]) {
    clock.advance(seconds)
    const again = await refresh(pair, seconds === 5 ? `"${key}"` : key)
    const passed = { 0: 0, 5: 5, 200: 205 }[seconds] as number
    t.match(again, { status: 200, headers: { 'cache-control': 'no-store' } })
    t.strictSame(again.body, {
      ...first.body,
      expiresIn: TTL - passed,
      refreshExpiresIn: first.body.refreshExpiresIn - passed
    })
  }
  t.equal((await call('GET', '/api/auth/me', { token: first.body.accessToken })).status, 200)
})

t.test('[LOST] a replay after the new access token has expired still saves the session', async t => {
  const { clock, pair, refresh } = await expired(t)
  const first = await refresh(pair, key)
  clock.advance(500)
  const again = await refresh(pair, key)
  t.strictSame(again.body, {
    ...first.body,
    expiresIn: 0,
    refreshExpiresIn: first.body.refreshExpiresIn - 500
  })
  t.equal((await refresh(again.body, 'the next')).status, 200)
})

t.test('[LOST] after the retry window a repeated refresh counts as a re-use', async t => {
  const { clock, pair, refresh } = await expired(t)
  await refresh(pair, key)
  clock.advance(600)
  t.equal((await refresh(pair, key)).status, 200)
  clock.advance(0.001)
  const late = await refresh(pair, key)
  t.strictSame(late.body, expectedProblem(late, 401, 'refresh_token_used', { action: 'sign-in' }))
})

t.test('another key, no key, a used successor or an older generation is a re-use', async t => {
  const within = async (key: string | undefined) => {
    const { clock, pair, refresh } = await expired(t)
    const next = (await refresh(pair, 'a key')).body
    clock.advance(10)
    const answer = await refresh(pair, key)
    t.match(answer, { status: 401, body: { code: 'refresh_token_used', action: 'use-latest' } })
    clock.advance(1)
    const late = await refresh(pair, key)
    t.match(late, { status: 401, body: { code: 'refresh_token_used', action: 'sign-in' } })
    clock.advance(TTL)
    t.equal((await refresh(next)).body.code, 'refresh_token_revoked')
  }
  await within('another key')
  await within(undefined)

  const { clock, pair, refresh } = await expired(t)
  const second = (await refresh(pair, 'first')).body
  clock.advance(TTL)
  const third = (await refresh(second, 'second')).body
  t.match(
    (await refresh(pair, 'first')).body,
    { code: 'refresh_token_used', action: 'sign-in' },
    'a used successor'
  )
  clock.advance(TTL)
  t.equal((await refresh(third, 'third')).body.code, 'refresh_token_revoked')
})

t.test('a repeated refresh with another access token, or of an ended session, is no replay', async t => {
  const { call, clock, pair, refresh } = await expired(t)
  const next = (await refresh(pair, key)).body
  clock.advance(11 + TTL)
  const mixed = await refresh({ ...pair, accessToken: next.accessToken }, key)
  t.match(mixed.body, { code: 'refresh_token_used', action: 'sign-in' })

  const other = await expired(t)
  const successor = (await other.refresh(other.pair, key)).body
  await other.call('POST', '/api/auth/logout', { token: successor.accessToken })
  t.match((await other.refresh(other.pair, key)).body, { code: 'refresh_token_used', action: 'sign-in' })
  t.equal((await call('GET', '/api/auth/me', { token: next.accessToken })).status, 401)
})

t.test('nothing secret is stored for a replay', async t => {
  const { app, pair, refresh } = await expired(t)
  const { body } = await refresh(pair, key)
  const rows = JSON.stringify(await app.store.db.select().from(allTables(app.store.kit).sessions))
  for (const secret of [key, body.accessToken, body.refreshToken, pair.refreshToken, PASSWORD])
    t.notOk(rows.includes(secret))
})

t.test('an invalid Idempotency-Key is refused, and the pair still works', async t => {
  const { pair, refresh } = await expired(t)
  const detail =
    'is not accepted; give 1 to 255 characters, bare or in double quotes, that nobody can guess, such as a UUID'
  for (const nonsense of ['""', 'x'.repeat(256), 'a"b', 'ä']) {
    const answer = await refresh(pair, nonsense)
    const errors = [{ parameter: 'idempotency-key', detail }]
    t.strictSame(answer.body, expectedProblem(answer, 400, 'validation_failed', { errors }), nonsense)
  }
  t.equal((await refresh(pair, 'x'.repeat(255))).status, 200)
})
