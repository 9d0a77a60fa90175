import t from 'tap'
import { createSessions } from '../../src/auth/sessions/sessions.ts'
import { readConfig } from '../../src/config/config.ts'
import { describeUserAgent, toClientInfo } from '../../src/http/client-info.ts'
import { expectedProblem, PASSWORD, serve } from '../support/service.ts'

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'
const email = 'ada@example.org'

/** A service with one person who signs in from several devices. */
async function signedIn(t: Parameters<typeof serve>[0], settings = {}) {
  const service = await serve(t, { TRUST_PROXY: 'true', ...settings })
  const { call } = service
  const from = (userAgent: string, ip: string) => ({ 'user-agent': userAgent, 'x-forwarded-for': ip })
  const login = async (userAgent = 'curl/8.1', ip = '192.0.2.1') =>
    (
      await call('POST', '/api/auth/login', {
        body: { email, password: PASSWORD },
        headers: from(userAgent, ip)
      })
    ).body
  const list = async (token: string) => (await call('GET', '/api/auth/sessions', { token })).body.items
  const first = await service.signUp({ email })
  return { ...service, from, login, list, first }
}

t.test('a user sees where they are signed in', async t => {
  const { call, clock, from, list, login, first } = await signedIn(t)
  clock.advance(60)
  const firefox = await login(FIREFOX, '2001:db8::1')
  const items = await list(first.accessToken)
  t.equal(items.length, 2)
  const [, { id }] = items
  t.strictSame(items[0], {
    id: items[0].id,
    current: false,
    device: 'Firefox on Windows',
    userAgent: FIREFOX,
    ip: '2001:db8::1',
    createdAt: '2026-01-01T00:01:00.000Z',
    lastUsedAt: '2026-01-01T00:01:00.000Z',
    idleExpiresAt: '2026-01-31T00:01:00.000Z',
    absoluteExpiresAt: '2026-06-30T00:01:00.000Z'
  })
  t.match(items[1], { current: true, ip: '127.0.0.1', createdAt: '2026-01-01T00:00:00.000Z' })
  t.match(await list(firefox.accessToken), [{ current: true }, { id, current: false }])

  clock.advance(300)
  const { accessToken, refreshToken } = first
  const next = await call('POST', '/api/auth/refresh', {
    body: { accessToken, refreshToken },
    headers: from('curl/8.1', '198.51.100.7')
  })
  const [latest] = await list(next.body.accessToken)
  t.match(latest, {
    id,
    current: true,
    device: 'curl',
    ip: '198.51.100.7',
    lastUsedAt: '2026-01-01T00:06:00.000Z'
  })
})

t.test('a user agent may be missing, or anything', async t => {
  const { list, login, first } = await signedIn(t)
  await login('x'.repeat(600), '192.0.2.9')
  await login('/', '192.0.2.9')
  const [bare, long] = await list(first.accessToken)
  t.match(bare, { device: null, userAgent: '/' })
  t.equal(long.userAgent.length, 512)
  t.strictSame(toClientInfo({ ip: '::1', headers: {} }), { ip: '::1', userAgent: null })
  t.strictSame(
    [describeUserAgent(null), describeUserAgent(''), describeUserAgent('curl/8.1 (x)')],
    [null, null, 'curl']
  )
})

t.test('[V7.4.1] a session that its user ends is refused at once', async t => {
  const { call, list, login, first, signUp } = await signedIn(t)
  const other = await login()
  const [{ id }] = (await list(first.accessToken)).filter(({ current }: { current: boolean }) => !current)
  const stranger = await signUp()
  const end = (token: string, id: string) => call('DELETE', `/api/auth/sessions/${id}`, { token })

  const foreign = await end(stranger.accessToken, id)
  t.strictSame(foreign.body, expectedProblem(foreign, 404, 'session_not_found'))
  t.equal((await call('GET', '/api/auth/me', { token: other.accessToken })).status, 200)

  const answer = await end(first.accessToken, id)
  t.match(answer, { status: 204, body: '' })
  t.equal((await call('GET', '/api/auth/me', { token: other.accessToken })).body.code, 'access_token_revoked')
  t.equal((await list(first.accessToken)).length, 1)
  t.equal((await end(first.accessToken, id)).body.code, 'session_not_found', 'it ends once')
  t.equal((await end(first.accessToken, 'x')).status, 400)
})

t.test('beyond MAX_SESSIONS the session that was idle for longest ends', async t => {
  const { call, clock, list, login, first, refresh } = await signedIn(t, { MAX_SESSIONS: '3' })
  const second = await login()
  const third = await login()
  clock.advance(300)
  const renewed = (await refresh(first)).body
  const fourth = await login()
  t.equal((await list(renewed.accessToken)).length, 3)
  clock.advance(300)
  t.equal((await refresh(second)).body.code, 'refresh_token_revoked', 'the oldest of those never refreshed')
  for (const pair of [renewed, third, fourth]) t.equal((await refresh(pair)).status, 200)
  const { items } = (await call('GET', '/api/auth/events', { token: (await login()).accessToken })).body
  t.match(
    items.filter(({ type }: { type: string }) => type === 'session_ended'),
    [{ endReason: 'too_many_sessions' }, { endReason: 'too_many_sessions' }]
  )
})

t.test('a new session is not the one that ends, even after the clock was put back', async t => {
  const { clock, list, login, first } = await signedIn(t, { MAX_SESSIONS: '1' })
  clock.advance(-3600)
  const second = await login()
  t.match(await list(second.accessToken), { length: 1, 0: { current: true } })
  t.equal(await list(first.accessToken), undefined, 'the other one has ended')
})

t.test('the events of an account, the latest first', async t => {
  const { call, clock, from, login, first, refresh } = await signedIn(t)
  clock.advance(300)
  const next = (await refresh(first)).body
  clock.advance(11)
  const { accessToken, refreshToken } = first
  await call('POST', '/api/auth/refresh', {
    body: { accessToken, refreshToken },
    headers: from('a thief', '203.0.113.66')
  })
  await Promise.all([first, first, first].map(refresh))
  t.equal((await refresh(next)).status, 401)
  const { accessToken: token } = await login(FIREFOX, '192.0.2.1')

  const answer = await call('GET', '/api/auth/events', { token })
  const theft = {
    createdAt: '2026-01-01T00:05:11.000Z',
    userAgent: 'a thief',
    device: 'a',
    ip: '203.0.113.66'
  }
  t.match(answer.body, {
    items: [
      { type: 'signed_in', device: 'Firefox on Windows', ip: '192.0.2.1', endReason: null, otherIp: null },
      { ...theft, type: 'session_ended', endReason: 'reuse_detected' },
      { ...theft, type: 'refresh_token_reused', otherIp: '127.0.0.1', otherUserAgent: /^lightMyRequest/ },
      { type: 'account_created', createdAt: '2026-01-01T00:00:00.000Z', ip: '127.0.0.1' }
    ],
    nextCursor: null
  })
  t.equal(answer.body.items.length, 4, 'further re-uses of a session that has ended are no news')

  const pages = []
  for (let cursor = ''; cursor !== 'null'; ) {
    const { body } = await call('GET', `/api/auth/events?limit=3${cursor && `&cursor=${cursor}`}`, { token })
    pages.push(...body.items)
    cursor = `${body.nextCursor}`
  }
  t.strictSame(pages, answer.body.items)

  const stranger = (
    await call('POST', '/api/auth/register', {
      body: { username: 'eve', email: 'eve@example.org', password: PASSWORD }
    })
  ).body
  const theirs = await call('GET', '/api/auth/events', { token: stranger.accessToken })
  t.match(theirs.body, { items: [{ type: 'account_created' }] })
  t.equal(theirs.body.items.length, 1)
})

t.test('an invalid cursor of the events is refused', async t => {
  const { call, signUp } = await serve(t)
  const { accessToken: token } = await signUp()
  const answer = await call('GET', '/api/auth/events?cursor=x', { token })
  const detail = 'is not a cursor; give the nextCursor of the page before, or none'
  t.strictSame(
    answer.body,
    expectedProblem(answer, 400, 'validation_failed', { errors: [{ parameter: 'cursor', detail }] })
  )
})

t.test('a database fault at the start of a session is not reported as a refusal', async t => {
  const { app, signUp } = await serve(t)
  const { user } = await signUp()
  const broken = { ...app.store, atomically: () => Promise.reject(new Error('gone')) }
  const sessions = createSessions(broken, app.tokens, readConfig({}))
  await t.rejects(sessions.start({ ...user, passwordVersion: 0 }, { ip: '127.0.0.1', userAgent: null }), {
    message: 'gone'
  })
})
