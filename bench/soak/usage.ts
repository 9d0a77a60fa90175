import { setTimeout as sleep } from 'node:timers/promises'
import type { Person } from './person.ts'

/** Seconds between two people who sign in anew. */
const SIGN_IN_INTERVAL = 5

/** What people have done so far, and how often one could not begin anything for still waiting. */
export interface UsageCounts {
  answered: number
  skipped: number
}

/**
 * Keeps users busy at a steady rate, each with one request at a time, until it is stopped.
 * @param rate requests a second
 * @throws what one of them met with
 */
export async function simulateUsage(
  people: readonly Person[],
  rate: number,
  counts: UsageCounts,
  signal: AbortSignal
) {
  const busy = new Set<Person>()
  const failures: unknown[] = []

  async function performFor(person: Person, work: () => Promise<unknown>) {
    busy.add(person)
    try {
      await work()
      counts.answered += 1
    } catch (error) {
      failures.push(error)
    }
    busy.delete(person)
  }

  const begin = performance.now()
  for (let index = 0; !signal.aborted && failures.length === 0; index += 1) {
    const person = people[index % people.length] as Person
    const isDue = index % (SIGN_IN_INTERVAL * rate) === 0
    if (busy.has(person)) counts.skipped += 1
    else performFor(person, isDue ? person.signInAgain : person.step)
    await sleep(Math.max(0, begin + ((index + 1) * 1000) / rate - performance.now()))
  }
  while (busy.size > 0) await sleep(1)
  if (failures.length > 0) throw failures[0]
}
