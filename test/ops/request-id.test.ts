import t from 'tap'
import { serve } from '../support/service.ts'

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

const BEHIND_PROXY = { TRUST_PROXY: '127.0.0.1' }

t.test('a request has the name that its proxy gives it, in the answer, the problem and the log', async t => {
  const { call, lines } = await serve(t, BEHIND_PROXY)
  for (const name of ['a', `!~${'x'.repeat(126)}`, '{"a":1}']) {
    const answer = await call('GET', '/api/nowhere', { headers: { 'x-request-id': name } })
    t.equal(answer.headers['x-request-id'], name)
    t.equal(answer.body.instance, name)
    t.equal(JSON.parse(lines.at(-1) ?? '').reqId, name)
    const fine = await call('GET', '/health/live', { headers: { 'x-request-id': name } })
    t.equal(fine.headers['x-request-id'], name)
  }
})

t.test('a name that is too long, empty or not visible is not taken: it gets one of ours', async t => {
  const { call } = await serve(t, BEHIND_PROXY)
  for (const name of ['', 'x'.repeat(129), 'a b', 'é', 'a\tb']) {
    const answer = await call('GET', '/api/nowhere', { headers: { 'x-request-id': name } })
    t.match(answer.headers['x-request-id'], UUID)
    t.equal(answer.body.instance, answer.headers['x-request-id'])
  }
  const { headers } = await call('GET', '/health/live')
  t.match(headers['x-request-id'], UUID)
})

t.test('an address that cannot be read has a name as well, and browsers may see it', async t => {
  const { call } = await serve(t, BEHIND_PROXY)
  const answer = await call('GET', '/%zz', {
    headers: { 'x-request-id': 'mine', origin: 'https://app.example' }
  })
  t.match(answer, { status: 400, headers: { 'x-request-id': 'mine' }, body: { instance: 'mine' } })
  const fine = await call('GET', '/health/live', { headers: { origin: 'https://app.example' } })
  t.match(fine.headers['access-control-expose-headers'], 'X-Request-Id')
})

t.test('the log of a request names the trace that it is part of', async t => {
  const { call, lines } = await serve(t, BEHIND_PROXY)
  const traceIdFor = async (traceparent: string) => {
    await call('GET', '/health/live', { headers: { traceparent } })
    return JSON.parse(lines.at(-1) ?? '').traceId
  }
  t.equal(await traceIdFor(`00-${TRACE}-00f067aa0ba902b7-01`), TRACE)
  t.equal(await traceIdFor(`cc-${TRACE}-00f067aa0ba902b7-01-what-the-future-will-be-like`), TRACE)
  const wrong = [
    'x',
    `ff-${TRACE}-00f067aa0ba902b7-01`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`,
    `00-${TRACE}-00f067aa0ba902b7`
  ]
  for (const traceparent of wrong) t.equal(await traceIdFor(traceparent), undefined, traceparent)
})

t.test('nobody but a trusted proxy names a request or a trace', async t => {
  const headers = { 'x-request-id': 'mine', traceparent: `00-${TRACE}-00f067aa0ba902b7-01` }
  for (const TRUST_PROXY of ['false', '10.0.0.0/8, ::1']) {
    const { call, lines } = await serve(t, { TRUST_PROXY })
    const answer = await call('GET', '/api/nowhere', { headers })
    t.match(answer.headers['x-request-id'], UUID)
    t.match(JSON.parse(lines[0] ?? ''), { reqId: answer.body.instance, traceId: undefined })
    t.match((await call('GET', '/%zz', { headers })).headers['x-request-id'], UUID)
  }
  const { call, lines } = await serve(t, { TRUST_PROXY: 'true' })
  t.equal((await call('GET', '/api/nowhere', { headers })).headers['x-request-id'], 'mine')
  t.match(JSON.parse(lines[0] ?? ''), { reqId: 'mine', traceId: TRACE })
})
