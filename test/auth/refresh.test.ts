import t from 'tap'
import { createRefreshTokens } from '../../src/auth/tokens/refresh-tokens.ts'
import { allTables } from '../../src/features.ts'
import { createKeyDerivation } from '../../src/process/derived-keys.ts'
import { expectedProblem, PASSWORD, SECRET, serve } from '../support/service.ts'

const TTL = 300

t.test('[R9700-4.14.2a] each refresh issues a new pair and retires the one before', async t => {
  const { clock, call, signUp, refresh } = await serve(t)
  const first = await signUp()
  clock.advance(TTL)
  const answer = await refresh(first)

  t.match(answer, { status: 200, headers: { 'cache-control': 'no-store' } }, '[O21-nostore]')
  t.strictSame(answer.body, {
    accessToken: answer.body.accessToken,
    tokenType: 'Bearer',
    expiresIn: TTL,
    refreshToken: answer.body.refreshToken,
    refreshExpiresIn: 30 * 86_400,
    user: first.user
  })
  t.not(answer.body.accessToken, first.accessToken)
  t.not(answer.body.refreshToken, first.refreshToken)
  t.equal((await call('GET', '/api/auth/me', { token: answer.body.accessToken })).status, 200)

  const reused = await refresh(first)
  t.equal(reused.status, 401)
  t.strictSame(reused.body, expectedProblem(reused, 401, 'refresh_token_used', { action: 'use-latest' }))
})

t.test('check 1: the access token must be issued by this service', async t => {
  const { clock, signUp, refresh } = await serve(t)
  const pair = await signUp()
  clock.advance(TTL)
  for (const accessToken of ['', 'x', `${pair.accessToken.slice(0, -2)}xx`, pair.refreshToken]) {
    const answer = await refresh({ ...pair, accessToken })
    t.match(answer, { status: 401, headers: { 'www-authenticate': 'Bearer' } })
    t.strictSame(answer.body, expectedProblem(answer, 401, 'access_token_invalid', { action: 'sign-in' }))
  }
})

t.test('check 2: an access token is refreshed once it has expired, to the second', async t => {
  const { clock, signUp, refresh } = await serve(t)
  const pair = await signUp()

  clock.advance(TTL - 100.5)
  const early = await refresh(pair)
  t.match(early, { status: 409, headers: { 'retry-after': '101' } })
  t.strictSame(early.body, expectedProblem(early, 409, 'access_token_not_expired', { action: 'retry-later' }))

  clock.advance(100.499)
  t.match(await refresh(pair), { status: 409, headers: { 'retry-after': '1' } })
  clock.advance(0.001)
  t.equal((await refresh(pair)).status, 200)
})

t.test('check 2: the wait is never longer than the lifetime, although another clock is ahead', async t => {
  const { clock, signUp, refresh } = await serve(t)
  clock.advance(TTL)
  const pair = await signUp()
  clock.advance(-TTL)
  t.match(await refresh(pair), { status: 409, headers: { 'retry-after': `${TTL}` } })
})

t.test('a session that began while the clock was ahead is refreshed once the clock is right', async t => {
  const ahead = 400 * 86_400
  const { clock, call, signUp, refresh } = await serve(t)
  clock.advance(ahead)
  const pair = await signUp()
  clock.advance(-ahead)

  const answer = await refresh(pair)
  t.match(answer, { status: 200, body: { expiresIn: TTL, refreshExpiresIn: 30 * 86_400 } })
  const { accessToken: token } = answer.body
  t.equal((await call('GET', '/api/auth/me', { token })).status, 200)
  t.match(await refresh(answer.body), { status: 409, headers: { 'retry-after': `${TTL}` } })
  clock.advance(TTL)
  t.equal((await call('GET', '/api/auth/me', { token })).body.code, 'access_token_expired')
  t.equal((await refresh(answer.body)).status, 200)
})

t.test('a rotation while the clock was ahead is neither a race nor to be repeated for that long', async t => {
  const ahead = 400 * 86_400
  const { clock, call, signUp } = await serve(t)
  const refreshWithKey = ({ accessToken, refreshToken }: { accessToken: string; refreshToken: string }) =>
    call('POST', '/api/auth/refresh', {
      body: { accessToken, refreshToken },
      headers: { 'idempotency-key': 'one' }
    })
  clock.advance(ahead)
  const pair = await signUp()
  clock.advance(TTL)
  const next = await refreshWithKey(pair)
  clock.advance(-5)
  t.match(
    await refreshWithKey(pair),
    { status: 200, body: { accessToken: next.body.accessToken, expiresIn: TTL } },
    'a clock that is a little behind still repeats the answer'
  )

  clock.advance(-ahead)
  const reused = await refreshWithKey(pair)
  t.strictSame(reused.body, expectedProblem(reused, 401, 'refresh_token_used', { action: 'sign-in' }))
  t.equal((await refreshWithKey(next.body)).body.code, 'refresh_token_revoked')
})

t.test(
  '[R9700-4.14.2c] check 3: a refresh token with any flipped bit is refused without a query',
  async t => {
    const { app, clock, signUp, refresh } = await serve(t)
    const pair = await signUp()
    clock.advance(TTL)
    await app.store.close()

    const bytes = Buffer.from(pair.refreshToken)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const forged = Buffer.from(bytes)
      forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const answer = await refresh({ ...pair, refreshToken: forged.toString('latin1') })
      t.strictSame(
        answer.body,
        expectedProblem(answer, 401, 'refresh_token_invalid', { action: 'sign-in' }),
        `bit ${bit}`
      )
    }
    for (const refreshToken of [
      '',
      'lkr_',
      pair.accessToken,
      pair.refreshToken.slice(0, -1),
      `${pair.refreshToken}A`
    ])
      t.equal((await refresh({ ...pair, refreshToken })).body.code, 'refresh_token_invalid')
  }
)

t.test('check 3: a refresh token of a session that does not exist', async t => {
  const { clock, signUp, refresh } = await serve(t)
  const pair = await signUp()
  clock.advance(TTL)
  const sessionId = '01a20996-fb6c-78b7-96ed-227b58a269d2'
  const refreshToken = createRefreshTokens(createKeyDerivation([SECRET])('refresh token')).issue({
    sessionId,
    generation: 1
  })
  const answer = await refresh({ ...pair, refreshToken })
  t.strictSame(answer.body, expectedProblem(answer, 401, 'refresh_token_invalid', { action: 'sign-in' }))
})

t.test('[R9700-4.14.2f] check 4: a session that was idle for too long has expired', async t => {
  const { clock, signUp, refresh } = await serve(t, { REFRESH_TOKEN_TTL: '1000' })
  const first = await signUp()
  clock.advance(999.999)
  const second = await refresh(first)
  t.match(second, { status: 200, body: { refreshExpiresIn: 1000 } }, 'a refresh moves the idle expiry')
  clock.advance(1000)
  const late = await refresh(second.body)
  t.strictSame(late.body, expectedProblem(late, 401, 'refresh_token_expired', { action: 'sign-in' }))
})

t.test('[V10.4.8] check 4: no refresh moves the absolute expiry', async t => {
  const { clock, call, signUp, refresh } = await serve(t, { SESSION_TTL: '750', REFRESH_TOKEN_TTL: '750' })
  const first = await signUp()
  t.equal(first.refreshExpiresIn, 750)
  clock.advance(300)
  const second = (await refresh(first)).body
  t.equal(second.refreshExpiresIn, 450)
  clock.advance(300)
  const third = (await refresh(second)).body
  t.match(third, { expiresIn: 150, refreshExpiresIn: 150 }, 'the access token ends with the session')
  clock.advance(149.999)
  t.equal((await call('GET', '/api/auth/me', { token: third.accessToken })).status, 200)
  clock.advance(0.001)
  t.equal((await refresh(third)).body.code, 'refresh_token_expired')
})

t.test('[R9700-4.14.2b] check 5: a used token ends the session after the race leeway', async t => {
  const { clock, call, signUp, refresh } = await serve(t)
  const first = await signUp()
  clock.advance(TTL)
  const second = (await refresh(first)).body

  clock.advance(10)
  t.match((await refresh(first)).body, { code: 'refresh_token_used', action: 'use-latest' })
  t.equal(
    (await call('GET', '/api/auth/me', { token: second.accessToken })).status,
    200,
    'the race ends nothing'
  )

  clock.advance(0.001)
  const theft = await refresh(first)
  t.strictSame(theft.body, expectedProblem(theft, 401, 'refresh_token_used', { action: 'sign-in' }))
  const refused = await call('GET', '/api/auth/me', { token: second.accessToken })
  t.strictSame(refused.body, expectedProblem(refused, 401, 'access_token_revoked', { action: 'sign-in' }))
  clock.advance(TTL)
  t.equal((await refresh(second)).body.code, 'refresh_token_revoked')
  t.match(
    (await refresh(first)).body,
    { code: 'refresh_token_used', action: 'sign-in' },
    'used comes before revoked'
  )
})

t.test('check 5: a token older than the last one has no leeway', async t => {
  const { clock, signUp, refresh } = await serve(t)
  const first = await signUp()
  clock.advance(TTL)
  const second = (await refresh(first)).body
  clock.advance(TTL)
  const third = (await refresh(second)).body
  t.match((await refresh(first)).body, { code: 'refresh_token_used', action: 'sign-in' })
  clock.advance(TTL)
  t.equal((await refresh(third)).body.code, 'refresh_token_revoked')
})

t.test('check 6: the session has ended', async t => {
  const { clock, call, signUp, refresh } = await serve(t)
  const pair = await signUp()
  await call('POST', '/api/auth/logout', { token: pair.accessToken })
  clock.advance(TTL)
  const answer = await refresh(pair)
  t.strictSame(answer.body, expectedProblem(answer, 401, 'refresh_token_revoked', { action: 'sign-in' }))
})

t.test('check 7: the tokens must belong together', async t => {
  const { clock, signUp, refresh } = await serve(t)
  const [one, other] = [await signUp(), await signUp()]
  clock.advance(TTL)
  const next = (await refresh(one)).body
  clock.advance(TTL)
  for (const accessToken of [other.accessToken, one.accessToken]) {
    const answer = await refresh({ ...next, accessToken })
    t.strictSame(answer.body, expectedProblem(answer, 401, 'token_pair_mismatch', { action: 'sign-in' }))
  }
  t.equal((await refresh(next)).status, 200, 'nothing was used up')
})

t.test(
  '[RACE] of 40 parallel refreshes of one pair one wins, and the session moves on by one generation',
  async t => {
    const { app, clock, call, signUp, refresh } = await serve(t)
    const pair = await signUp()
    clock.advance(TTL)
    const answers = await Promise.all(Array.from({ length: 40 }, () => refresh(pair)))

    const winners = answers.filter(({ status }) => status === 200)
    t.equal(winners.length, 1)
    for (const loser of answers.filter(answer => answer.status !== 200))
      t.match(loser, { status: 401, body: { code: 'refresh_token_used', action: 'use-latest' } })

    const accessToken = winners[0]?.body.accessToken
    t.equal((await call('GET', '/api/auth/me', { token: accessToken })).status, 200)
    t.equal(app.tokens.access.verify(accessToken).jti.split('.')[1], '2')
  }
)

t.test('[RACE] the loser of a race to the row is refused like a late request', async t => {
  const { app, clock, signUp } = await serve(t)
  const { accessToken, refreshToken } = await signUp()
  clock.advance(TTL)
  const client = { ip: '127.0.0.1', userAgent: null }
  const results = await Promise.allSettled([
    app.sessions.refresh({ accessToken, refreshToken, client }),
    app.sessions.refresh({ accessToken, refreshToken, client })
  ])
  // Either may win: each has a connection of its own to the server.
  t.match(
    results.toSorted((a, b) => a.status.localeCompare(b.status)),
    [{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'refresh_token_used' } }]
  )
})

t.test('a refresh stores nothing new', async t => {
  const { app, clock, signUp, refresh } = await serve(t)
  let pair = await signUp()
  for (let turn = 0; turn < 5; turn++) {
    clock.advance(TTL)
    pair = (await refresh(pair)).body
  }
  const rows = await app.store.db.select().from(allTables(app.store.kit).sessions)
  t.match(rows, [{ generation: 6, endedAt: null }])
  t.equal(rows.length, 1)
})

t.test('missing and unknown members are named', async t => {
  const { call } = await serve(t)
  const answer = await call('POST', '/api/auth/refresh', { body: { token: 'x' } })
  t.strictSame(
    answer.body,
    expectedProblem(answer, 400, 'validation_failed', {
      errors: [
        { pointer: '/accessToken', detail: 'is required' },
        { pointer: '/refreshToken', detail: 'is required' },
        {
          pointer: '/token',
          detail:
            'is not known; known are accessToken, refreshToken, tokenType, expiresIn, refreshExpiresIn, user, verification, recoveryCode, recoveryCodes'
        }
      ]
    })
  )
})

t.test('a refresh accepts the pair exactly as it was answered', async t => {
  const { call, clock, signUp } = await serve(t)
  const pair = await signUp()
  clock.advance(TTL)
  const answer = await call('POST', '/api/auth/refresh', { body: pair })
  t.equal(answer.status, 200)
  clock.advance(TTL)
  t.equal((await call('POST', '/api/auth/refresh', { body: answer.body })).status, 200, 'and so is the next')

  const cases: [object, object][] = [
    [{ tokenType: 'MAC' }, { pointer: '/tokenType', detail: 'is not accepted; give Bearer, or nothing' }],
    [{ expiresIn: '300' }, { pointer: '/expiresIn', detail: 'must be of type integer' }],
    [{ refreshExpiresIn: null }, { pointer: '/refreshExpiresIn', detail: 'must be of type integer' }],
    [{ user: 'ada' }, { pointer: '/user', detail: 'must be of type object' }],
    [{ user: { ...pair.user, id: 'x' } }, { pointer: '/user/id', detail: 'is not accepted; give a UUID' }],
    [{ user: { ...pair.user, id: 7 } }, { pointer: '/user/id', detail: 'must be of type string' }]
  ]
  for (const [member, error] of cases) {
    const refused = await call('POST', '/api/auth/refresh', { body: { ...pair, ...member } })
    t.strictSame(refused.body, expectedProblem(refused, 400, 'validation_failed', { errors: [error] }))
  }
})

t.test('a refresh token with an impossible generation is refused despite a valid MAC', async t => {
  const { clock, signUp, refresh } = await serve(t)
  const pair = await signUp()
  const { issue, verify: open } = createRefreshTokens(createKeyDerivation([SECRET])('refresh token'))
  const { sessionId } = open(pair.refreshToken)
  clock.advance(TTL)
  for (const generation of [2 ** 31, 2 ** 32 - 1]) {
    const answer = await refresh({ ...pair, refreshToken: issue({ sessionId, generation }) })
    t.strictSame(answer.body, expectedProblem(answer, 401, 'refresh_token_invalid', { action: 'sign-in' }))
  }
  const ahead = await refresh({ ...pair, refreshToken: issue({ sessionId, generation: 2 ** 31 - 1 }) })
  t.strictSame(ahead.body, expectedProblem(ahead, 401, 'refresh_token_used', { action: 'sign-in' }))
})

t.test('a refresh in an ended session is refused although the access token has time left', async t => {
  const { call, signUp, refresh } = await serve(t)
  const [one, other] = [await signUp(), await signUp()]
  await call('POST', '/api/auth/logout', { token: one.accessToken })
  const ended = await refresh(one)
  t.strictSame(ended.body, expectedProblem(ended, 401, 'refresh_token_revoked', { action: 'sign-in' }))
  await call('DELETE', '/api/auth/me', { token: other.accessToken, body: { password: PASSWORD } })
  const gone = await refresh(other)
  t.strictSame(gone.body, expectedProblem(gone, 401, 'refresh_token_invalid', { action: 'sign-in' }))
})
