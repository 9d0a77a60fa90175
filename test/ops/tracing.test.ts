import { once } from 'node:events'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import t from 'tap'
import { ConfigError } from '../../src/config/config.ts'
import { assertTracingInstalled, isTracingConfigured } from '../../src/config/environment.ts'
import { start, stop } from '../support/process.ts'
import type { Settings } from '../support/service.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'

interface Span {
  name: string
  traceId: string
  parentSpanId?: string
  attributes: { key: string; value: object }[]
}

/** What takes traces in, as OTLP sends them. */
async function collector(t: Parameters<typeof start>[0]) {
  const spans: Span[] = []
  const services = new Set<string>()
  const server = createServer(async (request, response) => {
    const { resourceSpans } = (await json(request)) as {
      resourceSpans: { resource: Pick<Span, 'attributes'>; scopeSpans: { spans: Span[] }[] }[]
    }
    for (const { resource, scopeSpans } of resourceSpans) {
      services.add(JSON.stringify(resource.attributes.find(({ key }) => key === 'service.name')?.value))
      spans.push(...scopeSpans.flatMap(({ spans }) => spans))
    }
    response.end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, spans, services }
}

t.test(
  'with the variables of OpenTelemetry requests are traced, and go on with the trace of their caller',
  async t => {
    const { url: endpoint, spans, services } = await collector(t)
    const settings = {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      TRUST_PROXY: '127.0.0.1'
    } as Settings
    const { child, url } = await start(t, t.testdir(), settings, true)
    const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, 'x-request-id': 'mine' }
    const id = '01a20996-fb6c-78b7-96ed-227b58a269d2'
    t.equal((await fetch(`${url}/api/todos/${id}?token=secret`, { headers })).status, 401)
    await fetch(`${url}/nowhere?token=secret`)
    t.equal(await stop(child, 'SIGTERM'), 0, 'the end sends what there is')

    t.strictSame([...services], ['{"stringValue":"latchkey"}'])
    const span = spans.find(({ traceId }) => traceId === TRACE)
    t.match(span, { name: 'GET /api/todos/:id', parentSpanId: PARENT })
    const attribute = (key: string) => span?.attributes.find(each => each.key === key)?.value
    t.strictSame(attribute('url.path'), { stringValue: `/api/todos/${id}` })
    t.strictSame(attribute('http.response.status_code'), { intValue: 401 })
    t.match(JSON.stringify(attribute('http.request.header.x-request-id')), '"mine"')
    t.ok(
      spans.some(({ name, traceId }) => name === 'GET' && traceId !== TRACE),
      'what has no route begins its own'
    )
    t.notMatch(JSON.stringify(spans), 'secret', 'no query')
  }
)

t.test('nobody but a trusted proxy is the caller whose trace goes on', async t => {
  const { url: endpoint, spans } = await collector(t)
  const settings = {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json'
  } as Settings
  const { child, url } = await start(t, t.testdir(), settings, true)
  const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'a=b', baggage: 'a=b' }
  await fetch(`${url}/nowhere`, { headers })
  t.equal(await stop(child, 'SIGTERM'), 0)
  t.match(spans, [{ name: 'GET' }])
  t.not(spans[0]?.traceId, TRACE)
  t.notOk(spans[0]?.parentSpanId)
})

t.test('tracing is off unless a variable asks for it', async t => {
  const cases: [NodeJS.ProcessEnv, boolean][] = [
    [{}, false],
    [{ OTEL_SERVICE_NAME: 'latchkey' }, false],
    [{ OTEL_TRACES_EXPORTER: 'console' }, true],
    [{ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' }, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' }, true],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://x' }, true],
    [{ OTEL_CONFIG_FILE: 'otel.yaml' }, true],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_SDK_DISABLED: 'TRUE' }, false]
  ]
  for (const [environment, expected] of cases) t.equal(isTracingConfigured(environment), expected)
})

t.test('missing packages of tracing fail the start', async t => {
  const lacks = (missing: string) => (name: string) => {
    if (name === missing) throw new Error('not found')
  }
  const asked = { OTEL_TRACES_EXPORTER: 'otlp' }
  for (const name of ['@fastify/otel', '@opentelemetry/sdk-node']) {
    t.throws(
      () => assertTracingInstalled(asked, lacks(name)),
      new ConfigError(
        `OTEL_*: tracing is asked for, but the package ${name} is not installed. ` +
          'Install it, as docs/operations.md says, or set OTEL_SDK_DISABLED=true.'
      )
    )
    assertTracingInstalled({}, lacks(name))
  }
  assertTracingInstalled(asked)
})
