import { setTimeout as sleep } from 'node:timers/promises'

/** The latencies of an ordinary user in milliseconds, and the number of refused or failed requests. */
export interface LatencySamples {
  readonly times: number[]
  failures: number
}

/** Milliseconds between two requests of the same kind. */
const REQUEST_INTERVAL = 10

/**
 * Sends requests of an ordinary user at a steady pace until it is stopped, without waiting for answers:
 * who waits for an answer before he asks again would hardly ever meet what holds the service up.
 */
export async function measureLatency(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal
): Promise<LatencySamples> {
  const samples: LatencySamples = { times: [], failures: 0 }
  const pending = new Set<Promise<void>>()
  const requests = [
    () => fetch(`${url}/api/todos?limit=20`, { headers }),
    () => fetch(`${url}/api/auth/me`, { headers }),
    () => fetch(`${url}/api/todos?q=milk`, { headers }),
    () => fetch(`${url}/api/todos`, { headers, method: 'POST', body: '{"title":"Buy oat milk"}' })
  ]

  async function sendTimed(request: () => Promise<Response>) {
    const begin = performance.now()
    try {
      const answer = await request()
      await answer.arrayBuffer()
      if (!answer.ok) samples.failures += 1
    } catch {
      samples.failures += 1
    }
    samples.times.push(performance.now() - begin)
  }

  for (let index = 0; !signal.aborted; index += 1) {
    const sending = sendTimed(requests[index % requests.length] as () => Promise<Response>)
    pending.add(sending)
    void sending.then(() => pending.delete(sending))
    await sleep(REQUEST_INTERVAL)
  }
  await Promise.all(pending)
  return samples
}

/** The time that a part of the answers did not exceed. */
export const percentile = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.ceil(times.length * share) - 1] ?? Number.NaN
