/** How often each kind of something has happened since the start. */
export type Tally = Map<string, number>

/** Something that is counted, as metrics show it. */
export interface CounterDefinition {
  readonly name: string
  readonly help: string
  /** What the kinds of it are called. */
  readonly label: string
}

/** What the service counts as it works: plain numbers, for whoever wants to show them. */
export interface Counters {
  readonly get: (counter: CounterDefinition) => Tally
}

export function createCounters(): Counters {
  const tallies = new Map<CounterDefinition, Tally>()
  return {
    get(counter) {
      const tally = tallies.get(counter) ?? new Map()
      tallies.set(counter, tally)
      return tally
    }
  }
}

/** Counts one more of a kind, or as many as there were. */
export function count(tally: Tally, kind: string, times = 1): void {
  tally.set(kind, (tally.get(kind) ?? 0) + times)
}
