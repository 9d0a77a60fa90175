import type { Server } from 'node:http'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { counters } from '../../src/features.ts'
import { janitorRounds, rowsRemoved } from '../../src/jobs/janitor.ts'
import { countMails, readOldestAge } from '../../src/mail/outbox-state.ts'
import type { CounterDefinition, Tally } from '../../src/process/counters.ts'
import { type MetricsAddress, serveMetrics } from '../../src/process/metrics-server.ts'

/** Seconds: from a read out of memory to a request that waited in the hashing queue. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const WRITES: CounterDefinition = {
  name: 'latchkey_writes_total',
  help: 'Writes to SQLite, and the commits that they share',
  label: 'kind'
}

export interface MetricsOptions {
  readonly address: MetricsAddress
  /** Whether this process serves the metrics. Otherwise the primary collects them from its workers. */
  readonly isAlone: boolean
}

/** Exports metrics for Prometheus. The service's own counters are read at each scrape; a request costs one observation. */
async function metrics(app: FastifyInstance, { address, isAlone }: MetricsOptions) {
  const registry = isAlone
    ? new Registry()
    : new AggregatorRegistry<typeof Registry.PROMETHEUS_CONTENT_TYPE>()
  // The library answers the primary from these registries.
  AggregatorRegistry.setRegistries(registry)
  collectDefaultMetrics({ register: registry })
  observeRequests(app, registry)
  let server: Server | undefined
  app.addHook('onReady', async () => {
    registerServiceMetrics(app, registry)
    const { contentType } = registry
    if (isAlone)
      server = await serveMetrics(address, { contentType, read: () => registry.metrics() }, app.log)
  })
  app.addHook('onClose', async () => {
    server?.close()
    server?.closeAllConnections()
  })
}

function observeRequests(app: FastifyInstance, registry: Registry) {
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long requests took, by the path of their route',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers: [registry]
  })
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    // Paths without a route are unbounded, so they share one label.
    const route = routeOptions.url ?? 'none'
    requests.observe({ method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
  })
}

/** Registers the service's own counters. The decorators exist once the app is ready. */
function registerServiceMetrics(
  { store, passwordHasher: passwords, changeStreams }: FastifyInstance,
  registry: Registry
) {
  const registers = [registry]

  function registerCounter({ name, help, label }: CounterDefinition, tally: Tally) {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset()
        for (const [kind, count] of tally) this.inc({ [label]: kind }, count)
      }
    })
  }

  function registerGauge(name: string, help: string, read: () => object) {
    new Gauge({
      name,
      help,
      labelNames: ['state'],
      registers,
      collect() {
        for (const [state, value] of Object.entries(read())) this.set({ state }, value)
      }
    })
  }

  for (const counter of [...counters, janitorRounds, rowsRemoved])
    registerCounter(counter, store.counters.get(counter))
  registerGauge('latchkey_hashing', 'Hashes of passwords under way, and waiting', passwords.load)
  if (store.writeCounts) registerCounter(WRITES, store.writeCounts)
  if (store.connections)
    registerGauge(
      'latchkey_database_connections',
      'Connections, and requests that wait for one',
      store.connections
    )
  registerGauge('latchkey_streams', 'Open streams of changes', changeStreams.getLoad)
  registerOutboxMetrics(store, registers)
}

/** Registers what the outbox holds. All workers read the same outbox, so the numbers are not added up. */
function registerOutboxMetrics(store: FastifyInstance['store'], registers: Registry[]) {
  const read = <Value>(work: (store: FastifyInstance['store']) => Promise<Value>) =>
    // While the database is away the other metrics are of use.
    work(store).catch(() => undefined)
  new Gauge({
    name: 'latchkey_outbox_mails',
    help: 'Mails that wait, and mails that were given up',
    labelNames: ['state'],
    aggregator: 'max',
    registers,
    async collect() {
      const counts = await read(countMails)
      this.reset()
      if (!counts) return
      this.set({ state: 'waiting' }, counts.waiting)
      this.set({ state: 'given_up' }, counts.givenUp)
    }
  })
  new Gauge({
    name: 'latchkey_outbox_oldest_seconds',
    help: 'How long the oldest mail has waited',
    aggregator: 'max',
    registers,
    async collect() {
      const age = await read(readOldestAge)
      if (age === undefined) this.remove()
      else this.set(age)
    }
  })
}

export default fp(metrics, { name: 'metrics' })
