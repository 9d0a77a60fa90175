import Fastify from 'fastify'
import t from 'tap'
import clientAddress from '../../plugins/http/client-address.ts'
import loadShedding from '../../plugins/ops/load-shedding.ts'
import { expectedProblem, serve } from '../support/service.ts'

t.test('liveness and readiness', async t => {
  const { app, call, lines } = await serve(t)
  for (const path of ['/health/live', '/health/ready'])
    t.match(await call('GET', path), { status: 200, body: { status: 'ok' } })

  await app.store.close()
  t.equal((await call('GET', '/health/live')).status, 200, 'alive, though the database is gone')
  const answer = await call('GET', '/health/ready')
  t.equal(answer.headers['retry-after'], '5')
  t.strictSame(answer.body, expectedProblem(answer, 503, 'database_unavailable', { action: 'retry-later' }))
  t.match(
    lines.map(line => JSON.parse(line)),
    [{}, {}, {}, { level: 50, err: { message: String } }]
  )
})

t.test('security headers', async t => {
  const { call } = await serve(t)
  for (const path of ['/health/live', '/nowhere', '/api/todos'])
    t.match((await call('GET', path)).headers, {
      'content-security-policy': "default-src 'none';base-uri 'none';frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': undefined,
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
  const exposed = headers['access-control-expose-headers']?.split(', ') ?? []
  for (const name of ['ETag', 'Location', 'Link', 'Retry-After', 'Allow', 'Accept', 'WWW-Authenticate'])
    t.ok(exposed.includes(name), name)
  t.notOk(
    exposed.some(name => /ratelimit/i.test(name)),
    'nothing that is never sent'
  )
  t.equal(headers['access-control-allow-credentials'], undefined)
})

t.test(
  'CORS can be narrowed to some origins: of the web, of web views, with any one label in front',
  async t => {
    const { call } = await serve(t, {
      CORS_ORIGIN:
        'https://a.example, https://b.example, capacitor://localhost, tauri://localhost, http://localhost:5173, ' +
        'https://*.app.example, http://*.localhost:8080'
    })
    const allowed = async (origin: string, path = '/health/live') => {
      const { headers } = await call('GET', path, { headers: { origin } })
      t.equal(headers.vary?.split(', ')[0], 'Origin', path)
      return headers['access-control-allow-origin']
    }
    for (const origin of [
      'https://b.example',
      'capacitor://localhost',
      'tauri://localhost',
      'http://localhost:5173',
      'https://pr-7.app.example',
      'https://xn--mnchen-3ya.app.example',
      'http://ada.localhost:8080'
    ])
      for (const path of ['/health/live', '/nowhere', '/%zz', `/api/todos/${'x'.repeat(101)}`])
        t.equal(await allowed(origin, path), origin)
    for (const origin of [
      'https://c.example',
      'ionic://localhost',
      'http://localhost',
      'https://app.example',
      'https://a.b.app.example',
      'https://xapp.example',
      'https://a.appxexample',
      'https://a.app.example.org',
      'https://a.app.example:8443',
      'http://a.app.example',
      'https://evil/.app.example',
      'null'
    ])
      t.equal(await allowed(origin), undefined, origin)
  }
)

t.test('Strict-Transport-Security is sent over TLS only', async t => {
  const hsts = async (settings: object, headers = {}) => {
    const { call } = await serve(t, { TRUST_PROXY: '127.0.0.1', ...settings })
    const seen = new Set<string | undefined>()
    for (const path of ['/health/live', '/', '/nowhere', '/%zz', '/docs/', '/api/todos'])
      seen.add((await call('GET', path, { headers })).headers['strict-transport-security'])
    return [...seen]
  }
  const https = { 'x-forwarded-proto': 'https' }
  t.strictSame(await hsts({}), [undefined], 'not over plain HTTP')
  t.strictSame(await hsts({}, { 'x-forwarded-proto': 'http' }), [undefined])
  t.strictSame(await hsts({}, { 'x-forwarded-proto': 'https, http' }), [undefined], 'the nearest proxy knows')
  t.strictSame(await hsts({}, https), ['max-age=31536000'])
  t.strictSame(await hsts({}, { 'x-forwarded-proto': 'http, HTTPS' }), ['max-age=31536000'])
  t.strictSame(await hsts({ TRUST_PROXY: 'true' }, https), ['max-age=31536000'])
  for (const TRUST_PROXY of ['false', '10.0.0.0/8'])
    t.strictSame(await hsts({ TRUST_PROXY }, https), [undefined], 'whoever says so')
  t.strictSame(await hsts({ HSTS: 'off' }, https), [undefined])
  t.strictSame(await hsts({ HSTS: 'max-age=0' }, https), ['max-age=0'], 'it can be taken back')
  const whole = 'max-age=63072000; includeSubDomains; preload'
  t.strictSame(await hsts({ HSTS: whole }, https), [whole])
})

t.test('a connection by TLS without a proxy is one, too', async t => {
  const app = Fastify().register(clientAddress, { isTrusted: () => false })
  t.teardown(() => app.close())
  app.get('/', async ({ protocol, ip }) => ({ protocol, ip }))
  app.addHook('onRequest', async ({ raw }) => {
    Object.assign(raw.socket, { encrypted: true })
  })
  t.strictSame((await app.inject('/')).json(), { protocol: 'https', ip: '127.0.0.1' })
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
    t.strictSame(answer.body, expectedProblem(answer, 429, 'rate_limited', { action: 'retry-later' }))
    t.equal((await call('GET', '/api/auth/me', { token })).status, 200, 'others go on')

    for (let index = 0; index < 1200; index++) await call('GET', '/api/todos', { token })
    t.equal((await call('GET', '/api/todos', { token })).status, 429)
    t.equal((await call('GET', '/health/live')).status, 200)
  }
)

/** What is refused, by those who need not be anybody. */
const REFUSED = {
  'no token': [401, { url: '/api/todos' }],
  'a token that is none': [401, { url: '/api/todos', headers: { authorization: 'Bearer x' } }],
  'an unknown path': [404, { url: '/nowhere' }],
  'a wrong method': [405, { method: 'DELETE', url: '/api/limits' }],
  'a preflight': [
    204,
    { method: 'OPTIONS', url: '/api/todos', headers: { 'access-control-request-method': 'GET' } }
  ],
  'an address that cannot be read': [400, { url: '/%zz' }],
  'a host that is none': [400, { url: '/api/limits', headers: { host: 'a b' } }]
} as const

for (const [what, [status, request]] of Object.entries(REFUSED))
  t.test(`refused requests count, too: ${what}`, async t => {
    const { app } = await serve(t, { RATE_LIMIT: 'on', CORS_ORIGIN: 'https://a.example' })
    const origin = 'https://a.example'
    const send = () =>
      app.inject({ ...request, headers: { origin, ...('headers' in request && request.headers) } })
    for (let count = 0; count < 1200; count++) {
      const { statusCode } = await send()
      if (statusCode !== status) t.equal(statusCode, status, `the ${count + 1}th`)
    }
    const answer = await send()
    t.match(answer.json(), { status: 429, code: 'rate_limited', action: 'retry-later' })
    t.match(answer.headers, {
      'retry-after': /^[1-9]\d?$/,
      'content-type': /^application\/problem\+json/,
      'access-control-allow-origin': origin,
      'access-control-expose-headers': /Retry-After/,
      'x-content-type-options': 'nosniff',
      'x-request-id': /./
    })
    t.equal((await app.inject('/api/todos')).statusCode, 429, 'others of the same address')
    t.equal((await app.inject({ url: '/api/limits', remoteAddress: '192.0.2.7' })).statusCode, 200)
  })

t.test('a limit of a route counts before the token is looked at', async t => {
  const { app } = await serve(t, { RATE_LIMIT: 'on' })
  const cases = [
    ['PUT', '/api/auth/password', 20],
    ['DELETE', '/api/auth/me', 20],
    ['PATCH', '/api/auth/me', 20],
    ['POST', '/api/todos/import', 20]
  ] as const
  for (const [method, url, most] of cases) {
    const statuses: number[] = []
    const headers = { authorization: 'Bearer x' }
    for (let count = 0; count <= most; count++)
      statuses.push((await app.inject({ method, url, headers })).statusCode)
    t.strictSame(statuses, [...Array(most).fill(401), 429], `${method} ${url}`)
  }
})

t.test('a process that lags behind turns requests away, but stays alive', async t => {
  const { app, call, isUnderPressure } = await serve(t)
  app.isUnderPressure = isUnderPressure
  await lag(2000)
  while (!app.isUnderPressure()) await lag(1500)
  const answer = await call('GET', '/api/todos')
  t.equal(answer.headers['retry-after'], '5')
  t.strictSame(answer.body, expectedProblem(answer, 503, 'overloaded', { action: 'retry-later' }))
  t.equal((await call('GET', '/health/live')).status, 200)
})

t.test('a start that takes long turns nobody away', async t => {
  const app = Fastify().register(loadShedding, { startupGrace: 60_000 })
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
  t.match((await on.call('GET', '/docs/static/swagger-initializer.js')).body, /"persistAuthorization":false/)
  const off = await serve(t, { DOCS: 'off' })
  for (const path of ['/docs', '/openapi.json']) t.equal((await off.call('GET', path)).status, 404)
})
