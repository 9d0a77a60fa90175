/** Milliseconds before the first repeated start of a worker. Each further pause is twice as long. */
const FIRST_PAUSE = 1000
const LONGEST_PAUSE = 30_000

/** What to do after the death of a worker that did not serve yet. */
interface Death {
  /** The number of the worker. */
  readonly number: number
  /** The signal that ended the worker; null when it exited by itself. */
  readonly signal: string | null
  /** Whether at least one other worker serves. */
  readonly isServed: boolean
}

/**
 * Decides how the primary replaces workers that die before they serve. A worker that has served once is replaced for as long
 * as others serve: what stops the replacement may pass, and to end would be worse. At the start, a worker that exits by
 * itself has found a fault in the configuration, which would stop each further try as well. A signal comes from outside: the
 * kernel is short of memory, or somebody kills.
 */
export function createReplacementPolicy() {
  const provenNumbers = new Set<number>()
  const failures = new Map<number, number>()

  return {
    /** Notes that the worker of a number serves. */
    noteServing(number: number) {
      provenNumbers.add(number)
      failures.delete(number)
    },
    /** @returns milliseconds to wait before the next start; undefined when the service must end */
    getPause({ number, signal, isServed }: Death): number | undefined {
      if (!isServed || (signal === null && !provenNumbers.has(number))) return undefined
      const count = failures.get(number) ?? 0
      failures.set(number, count + 1)
      return Math.min(FIRST_PAUSE * 2 ** count, LONGEST_PAUSE)
    }
  }
}
