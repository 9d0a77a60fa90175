import t from 'tap'
import { createTrustCheck, getClientAddress, normalizeAddress } from '../../src/http/addresses.ts'
import { serve } from '../support/service.ts'

t.test('the address behind a trusted proxy counts, that behind another does not', async t => {
  const seen = async (setting: string, forwarded = '203.0.113.7', remoteAddress = '127.0.0.1') => {
    const { app, lines } = await serve(t, { TRUST_PROXY: setting })
    await app.inject({ url: '/health/live', headers: { 'x-forwarded-for': forwarded }, remoteAddress })
    return JSON.parse(lines[0] ?? '').ip
  }
  t.equal(await seen('false'), '127.0.0.1')
  t.equal(await seen('true'), '203.0.113.7')
  t.equal(await seen('10.0.0.0/8'), '127.0.0.1')
  t.equal(await seen('10.0.0.1, 127.0.0.1'), '203.0.113.7')
  t.equal(await seen('10.0.0.0/8, 127.0.0.1', '198.51.100.1, 203.0.113.7, 10.1.2.3'), '203.0.113.7')
  t.equal(await seen('true', '198.51.100.1, 203.0.113.7, 10.1.2.3'), '198.51.100.1')
  t.equal(await seen('false', '203.0.113.7', '::ffff:192.0.2.9'), '192.0.2.9')
  t.equal(await seen('192.0.2.0/24', '203.0.113.7', '::ffff:192.0.2.9'), '203.0.113.7')
})

t.test('the client that a proxy names', async t => {
  const isTrusted = createTrustCheck('10.0.0.0/8, fd00::/8')
  const cases: [string, string][] = [
    ['203.0.113.8:50001', '203.0.113.8'],
    ['203.0.113.8:1', '203.0.113.8'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:203.0.113.8', '203.0.113.8'],
    ['[::FFFF:cb00:7108]:80', '203.0.113.8'],
    [' 203.0.113.8\t', '203.0.113.8'],
    ['evil, 203.0.113.8', '203.0.113.8'],
    ['203.0.113.9, , 203.0.113.8,', '203.0.113.8'],
    ['203.0.113.8, 10.9.9.9:4711, [fd00::1]:80', '203.0.113.8'],
    ['10.7.7.7', '10.7.7.7'],
    // No address: the proxy that says so.
    ['unknown', '10.0.0.1'],
    ['_hidden', '10.0.0.1'],
    ['', '10.0.0.1'],
    [',', '10.0.0.1'],
    ['203.0.113.8:x', '10.0.0.1'],
    ['203.0.113.8:123456', '10.0.0.1'],
    ['203.0.113.256', '10.0.0.1'],
    ['203.0.113.08', '10.0.0.1'],
    ['[203.0.113.8', '10.0.0.1'],
    ['for=203.0.113.8', '10.0.0.1'],
    ['x'.repeat(10_000), '10.0.0.1'],
    ['203.0.113.8, unknown', '10.0.0.1'],
    ['203.0.113.8, unknown, 10.2.2.2', '10.2.2.2']
  ]
  for (const [forwarded, client] of cases)
    t.equal(getClientAddress('10.0.0.1', forwarded, isTrusted), client, forwarded.slice(0, 50))
  t.equal(getClientAddress('10.0.0.1', undefined, isTrusted), '10.0.0.1')
  t.equal(getClientAddress('192.0.2.1', '203.0.113.8', isTrusted), '192.0.2.1', 'a stranger names nobody')
  t.equal(getClientAddress(undefined, '203.0.113.8', isTrusted), '')
})

t.test('who is trusted', async t => {
  const cases: [string, string[], string[]][] = [
    ['true', ['192.0.2.1', '::1', ''], []],
    ['false', [], ['192.0.2.1', '::1', '']],
    ['0.0.0.0/0', ['192.0.2.1', '::ffff:192.0.2.1'], ['::1', '']],
    ['192.0.2.0/24,::1', ['192.0.2.255', '0:0:0:0:0:0:0:1'], ['192.0.3.1', '::2']],
    ['::ffff:192.0.2.0/120', ['192.0.2.7', '::ffff:192.0.2.7'], ['192.0.3.1']],
    ['::ffff:192.0.2.1', ['192.0.2.1'], ['192.0.2.2']],
    ['::ffff:0:0/90', ['192.0.2.1'], ['::1']],
    ['2001:DB8::/32', ['2001:db8:1::1'], ['2001:db9::1', '32.1.13.184']]
  ]
  for (const [setting, trusted, others] of cases) {
    const isTrusted = createTrustCheck(setting)
    for (const address of trusted) t.ok(isTrusted(address), `${setting}: ${address}`)
    for (const address of [...others, undefined])
      t.equal(isTrusted(address), setting === 'true', `${setting}: ${address}`)
  }
})

t.test('an address has one text', async t => {
  t.equal(normalizeAddress('192.0.2.1'), '192.0.2.1')
  for (const text of ['::ffff:192.0.2.1', '::FFFF:C000:201', '0:0:0:0:0:ffff:192.0.2.1'])
    t.equal(normalizeAddress(text), '192.0.2.1', text)
  for (const text of ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1', '2001:db8::1%1'])
    t.equal(normalizeAddress(text), '2001:db8::1')
  for (const text of ['', 'x', '1.2.3', '192.0.2.1:80', '::1::', '[::1]'])
    t.equal(normalizeAddress(text), undefined)
})

t.test('a new port with each request walks past neither the rate limit nor the throttle', async t => {
  const { app, call, signUp } = await serve(t, { RATE_LIMIT: 'on', TRUST_PROXY: 'true' })
  const { accessToken: token } = await signUp({ email: 'ada@example.org' })
  let port = 50_000
  const login = async (address: string) => {
    port += 1
    const payload = { email: 'ada@example.org', password: 'a wrong one' }
    const headers = { 'x-forwarded-for': address.replace('PORT', `${port}`) }
    return (await app.inject({ method: 'POST', url: '/api/auth/login', payload, headers })).json().code
  }
  for (let failures = 0; failures < 5; failures++)
    t.equal(await login('203.0.113.8:PORT'), 'invalid_credentials')
  t.equal(await login('[::ffff:203.0.113.8]:PORT'), 'sign_in_throttled')
  for (let count = 6; count < 30; count++) await login('203.0.113.8:PORT')
  t.equal(await login('203.0.113.8:PORT'), 'rate_limited')
  t.equal(await login('::FFFF:203.0.113.8'), 'rate_limited')
  t.equal(await login('203.0.113.9:PORT'), 'invalid_credentials')

  const { items } = (await call('GET', '/api/auth/events', { token })).body
  const addresses = new Set(items.map(({ ip }: { ip: string }) => ip))
  t.strictSame([...addresses].toSorted(), ['127.0.0.1', '203.0.113.8', '203.0.113.9'])
})

t.test('a session is kept with an address, whatever the proxy says', async t => {
  const { app, call, signUp } = await serve(t, { TRUST_PROXY: '127.0.0.1' })
  const { accessToken: token } = await signUp({ email: 'ada@example.org' })
  const payload = { email: 'ada@example.org', password: 'correct horse battery staple' }
  for (const forwarded of ['[2001:db8::1]:443', 'any text'.repeat(500), '::ffff:203.0.113.8'])
    await app.inject({
      method: 'POST',
      url: '/api/auth/login',
      payload,
      headers: { 'x-forwarded-for': forwarded }
    })
  const { items } = (await call('GET', '/api/auth/sessions', { token })).body
  t.strictSame(items.map(({ ip }: { ip: string }) => ip).toSorted(), [
    '127.0.0.1',
    '127.0.0.1',
    '2001:db8::1',
    '203.0.113.8'
  ])
})
