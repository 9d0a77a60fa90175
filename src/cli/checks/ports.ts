import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import type { Config } from '../../config/config.ts'
import { packageInfo } from '../../config/package-info.ts'
import { type ListenOptions, toListenError } from '../../process/listen-errors.ts'
import { type Finding, fault, ok, warning } from './findings.ts'

/** Milliseconds that a process on the port has to identify itself. */
const PROBE_TIMEOUT = 1000

/** Checks the ports: listens on all of them for a moment, at the same time. */
export async function checkPorts({ listen, metrics }: Config): Promise<Finding> {
  const addresses: ListenOptions[] = [listen]
  if (metrics) addresses.push({ ...metrics, prefix: 'METRICS_' })

  const servers: Server[] = []
  const refusals: string[] = []
  for (const address of addresses) {
    const server = createServer()
    servers.push(server)
    server.listen(address)
    await once(server, 'listening').catch(error => refusals.push(toListenError(error, address).message))
  }
  for (const server of servers) server.close()

  if (refusals.length === 0) return ok('free')
  // The doctor may run beside the service.
  if (await isLatchkey(addresses[0] as ListenOptions))
    return warning(`a Latchkey listens there already: ${refusals.join(' ')}`)
  return fault(refusals.join(' '))
}

async function isLatchkey({ host, port }: ListenOptions): Promise<boolean> {
  const urlHost = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[host] ?? (host.includes(':') ? `[${host}]` : host)
  try {
    const response = await fetch(`http://${urlHost}:${port}/`, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(PROBE_TIMEOUT)
    })
    const body: unknown = await response.json()
    return (body as { name?: unknown } | null)?.name === packageInfo.name
  } catch {
    return false
  }
}
