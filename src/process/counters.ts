/** How often each kind of something has happened since the start. */
export type Tally = Map<string, number>

/** What the service counts as it works: plain numbers, for whoever wants to show them. */
export interface Counters {
  /** Refreshes by their outcome: `rotated`, `repeated`, `raced`, or the code of the refusal. */
  readonly refreshes: Tally
  /** Sessions that ended before their time, by the reason. */
  readonly sessionsEnded: Tally
  /** Rounds of the janitor: `done`, `failed`, or `skipped` as the clock may be ahead. */
  readonly janitorRounds: Tally
  /** Rows that the janitor has removed, by table. */
  readonly rowsRemoved: Tally
}

export const createCounters = (): Counters => ({
  refreshes: new Map(),
  sessionsEnded: new Map(),
  janitorRounds: new Map(),
  rowsRemoved: new Map()
})

/** Counts one more of a kind, or as many as there were. */
export function count(tally: Tally, kind: string, times = 1): void {
  tally.set(kind, (tally.get(kind) ?? 0) + times)
}
