import Fastify from 'fastify'
import t from 'tap'
import loadShedding from '../../plugins/load-shedding.ts'
import { problem, serve } from '../service.ts'

t.test('liveness and readiness', async t => {
  const { app, call, lines } = await serve(t)
  for (const path of ['/health/live', '/health/ready'])
    t.match(await call('GET', path), { status: 200, body: { status: 'ok' } })

  await app.store.close()
  t.equal((await call('GET', '/health/live')).status, 200, 'alive, though the database is gone')
  const answer = await call('GET', '/health/ready')
  t.equal(answer.headers['retry-after'], '5')
  t.strictSame(answer.body, problem(answer, 503, 'database_unavailable', { action: 'retry-later' }))
  t.match(
    lines.map(line => JSON.parse(line)),
    [{}, {}, {}, { level: 50, err: { message: String } }]
  )
})

t.test('security headers', async t => {
  const { call } = await serve(t)
  for (const path of ['/health/live', '/nowhere', '/api/todos'])
    t.match((await call('GET', path)).headers, {
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': /max-age=\d{8}/,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY'
    })
  t.match((await call('GET', '/docs/')).headers, {
    'cross-origin-opener-policy': 'same-origin',
    'origin-agent-cluster': '?1',
    'x-content-type-options': 'nosniff',
    'x-permitted-cross-domain-policies': 'none'
  })
})

t.test('CORS answers preflights and exposes what a client needs', async t => {
  const { call } = await serve(t)
  const origin = 'https://app.example'
  const preflight = await call('OPTIONS', '/api/todos', {
    headers: {
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization, content-type, if-match, idempotency-key'
    }
  })
  t.match(preflight, {
    status: 204,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': 'authorization, content-type, if-match, idempotency-key',
      'access-control-max-age': '600'
    }
  })
  const { headers } = await call('GET', '/api/todos', { headers: { origin } })
  for (const name of ['ETag', 'Location', 'Link', 'Retry-After', 'RateLimit'])
    t.ok(headers['access-control-expose-headers']?.split(', ').includes(name), name)
  t.equal(headers['access-control-allow-credentials'], undefined)
})

t.test('CORS can be narrowed to some origins', async t => {
  const { call } = await serve(t, { CORS_ORIGIN: 'https://a.example, https://b.example' })
  const allowed = async (origin: string) =>
    (await call('GET', '/health/live', { headers: { origin } })).headers['access-control-allow-origin']
  t.equal(await allowed('https://b.example'), 'https://b.example')
  t.equal(await allowed('https://c.example'), undefined)
})

t.test(
  'the rate limit is strict where passwords are guessed, wide elsewhere, and never on health',
  async t => {
    const { call, signUp } = await serve(t, { RATE_LIMIT: 'on' })
    const { accessToken: token } = await signUp()
    const body = { email: 'nobody@example', password: 'x' }
    for (let index = 0; index < 30; index++)
      t.equal((await call('POST', '/api/auth/login', { body })).status, 400)
    const answer = await call('POST', '/api/auth/login', { body })
    t.match(answer.headers['retry-after'], /^\d+$/)
    t.equal(answer.headers['x-ratelimit-limit'], undefined, 'no headers of an obsolete draft')
    t.strictSame(answer.body, problem(answer, 429, 'rate_limited', { action: 'retry-later' }))
    t.equal((await call('GET', '/api/auth/me', { token })).status, 200, 'others go on')

    for (let index = 0; index < 1200; index++) await call('GET', '/api/todos', { token })
    t.equal((await call('GET', '/api/todos', { token })).status, 429)
    t.equal((await call('GET', '/health/live')).status, 200)
  }
)

t.test('the address behind a trusted proxy counts, that behind another does not', async t => {
  const seen = async (setting: string) => {
    const { call, lines } = await serve(t, { TRUST_PROXY: setting })
    await call('GET', '/health/live', { headers: { 'x-forwarded-for': '203.0.113.7' } })
    return JSON.parse(lines[0] ?? '').ip
  }
  t.equal(await seen('false'), '127.0.0.1')
  t.equal(await seen('true'), '203.0.113.7')
  t.equal(await seen('10.0.0.0/8'), '127.0.0.1')
  t.equal(await seen('10.0.0.1, 127.0.0.1'), '203.0.113.7')
})

t.test('a process that lags behind turns requests away, but stays alive', async t => {
  const { app, call } = await serve(t)
  await lag(2000)
  while (!app.isUnderPressure()) await lag(1500)
  const answer = await call('GET', '/api/todos')
  t.equal(answer.headers['retry-after'], '5')
  t.strictSame(answer.body, problem(answer, 503, 'overloaded', { action: 'retry-later' }))
  t.equal((await call('GET', '/health/live')).status, 200)
})

t.test('a start that takes long turns nobody away', async t => {
  const app = Fastify().register(loadShedding, { settling: 60_000 })
  t.teardown(() => app.close())
  app.get('/', async () => 'ok')
  await app.ready()
  while (!app.isUnderPressure()) await lag(1500)
  t.equal((await app.inject('/')).statusCode, 200)
})

/** Blocks the event loop for some milliseconds, then lets its timers run. */
async function lag(milliseconds: number) {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
  await new Promise(resolve => setTimeout(resolve))
}

t.test('the docs can be switched off', async t => {
  const on = await serve(t)
  const page = await on.call('GET', '/docs/')
  t.match(page, { status: 200, headers: { 'content-type': /^text\/html/ } })
  t.match(page.headers['content-security-policy'], /^default-src 'none'; script-src 'self'; style-src 'self'/)
  t.match((await on.call('GET', '/docs/static/swagger-initializer.js')).body, /"persistAuthorization":true/)
  const off = await serve(t, { DOCS: 'off' })
  for (const path of ['/docs', '/openapi.json']) t.equal((await off.call('GET', path)).status, 404)
})
