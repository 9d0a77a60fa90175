import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Config } from '../config/config.ts'
import { toListenError } from './listen-errors.ts'

/** The most connections, and the milliseconds that a connection may be idle. */
const MAX_CONNECTIONS = 8
const IDLE_TIMEOUT = 30_000

/** Where metrics are served. */
export type MetricsAddress = NonNullable<Config['metrics']>

/** A source of metrics, such as a registry of prom-client. */
export interface MetricsSource {
  readonly contentType: string
  readonly read: () => Promise<string>
}

/**
 * Serves metrics to Prometheus, on a port of their own, which clients of the service cannot reach.
 * @returns the server, which listens
 * @throws {SystemError} when the server cannot listen
 */
export async function serveMetrics(
  address: MetricsAddress,
  { contentType, read }: MetricsSource,
  log: { readonly info: (message: string) => void }
): Promise<Server> {
  const server = createServer(async ({ url, method }, response) => {
    if (url !== '/metrics' || method !== 'GET') return response.writeHead(404).end()
    try {
      const text = await read()
      response.setHeader('content-type', contentType).end(text)
    } catch {
      // A worker has not answered in time.
      response.writeHead(503).end()
    }
  })
  server.maxConnections = MAX_CONNECTIONS
  server.setTimeout(IDLE_TIMEOUT)
  const listenOptions = { ...address, prefix: 'METRICS_' }
  server.listen(listenOptions)
  await once(server, 'listening').catch(error => {
    throw toListenError(error, listenOptions)
  })
  const { address: host, port } = server.address() as AddressInfo
  log.info(`Metrics for Prometheus are at ${host}:${port}/metrics`)
  return server
}
