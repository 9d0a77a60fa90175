import { setTimeout as sleep } from 'node:timers/promises'

/** What somebody else felt: milliseconds of each answer, and how many requests were refused or failed. */
export interface Felt {
  readonly times: number[]
  failures: number
}

/** Milliseconds between two requests of the same kind. */
const PACE = 10

/**
 * Sends requests of an ordinary user at a steady pace until told to stop, whether those before have been answered or not:
 * who waits for an answer before he asks again would hardly ever meet what holds the service up.
 */
export async function feel(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Felt> {
  const felt: Felt = { times: [], failures: 0 }
  const underWay = new Set<Promise<void>>()
  const kinds = [
    () => fetch(`${url}/api/todos?limit=20`, { headers }),
    () => fetch(`${url}/api/auth/me`, { headers }),
    () => fetch(`${url}/api/todos?q=milk`, { headers }),
    () => fetch(`${url}/api/todos`, { headers, method: 'POST', body: '{"title":"Buy oat milk"}' })
  ]

  async function ask(request: () => Promise<Response>) {
    const begin = performance.now()
    try {
      const answer = await request()
      await answer.arrayBuffer()
      if (!answer.ok) felt.failures += 1
    } catch {
      felt.failures += 1
    }
    felt.times.push(performance.now() - begin)
  }

  for (let turn = 0; !signal.aborted; turn += 1) {
    const asked = ask(kinds[turn % kinds.length] as () => Promise<Response>)
    underWay.add(asked)
    void asked.then(() => underWay.delete(asked))
    await sleep(PACE)
  }
  await Promise.all(underWay)
  return felt
}

/** The time that a part of the answers did not exceed. */
export const percentile = (times: readonly number[], part: number): number =>
  times.toSorted((a, b) => a - b)[Math.ceil(times.length * part) - 1] ?? Number.NaN
