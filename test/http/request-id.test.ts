import t from 'tap'
import { serve } from '../service.ts'

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

t.test('a request has the name that its caller gives it, in the answer, the problem and the log', async t => {
  const { call, lines } = await serve(t)
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
  const { call } = await serve(t)
  for (const name of ['', 'x'.repeat(129), 'a b', 'é', 'a\tb']) {
    const answer = await call('GET', '/api/nowhere', { headers: { 'x-request-id': name } })
    t.match(answer.headers['x-request-id'], UUID)
    t.equal(answer.body.instance, answer.headers['x-request-id'])
  }
  const { headers } = await call('GET', '/health/live')
  t.match(headers['x-request-id'], UUID)
})

t.test('an address that cannot be read has a name as well, and browsers may see it', async t => {
  const { call } = await serve(t)
  const answer = await call('GET', '/%zz', {
    headers: { 'x-request-id': 'mine', origin: 'https://app.example' }
  })
  t.match(answer, { status: 400, headers: { 'x-request-id': 'mine' }, body: { instance: 'mine' } })
  const fine = await call('GET', '/health/live', { headers: { origin: 'https://app.example' } })
  t.match(fine.headers['access-control-expose-headers'], 'X-Request-Id')
})

t.test('the log of a request names the trace that it is part of', async t => {
  const { call, lines } = await serve(t)
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
