import type { CounterDefinition } from '../process/counters.ts'

/** Refreshes by their outcome: `rotated`, `repeated`, `raced`, or the code of the refusal. */
export const refreshes: CounterDefinition = {
  name: 'latchkey_refreshes_total',
  help: 'Refreshes, by their outcome',
  label: 'outcome'
}

/** Sessions that ended before their time, by the reason. */
export const sessionsEnded: CounterDefinition = {
  name: 'latchkey_sessions_ended_total',
  help: 'Sessions that ended early',
  label: 'reason'
}
