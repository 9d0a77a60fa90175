import type { CounterDefinition } from '../process/counters.ts'

/** Mails by what became of them: `sent`, `dropped` as there was nobody to tell, `postponed` after a failed attempt, `given_up`. */
export const mailOutcomes: CounterDefinition = {
  name: 'latchkey_mails_total',
  help: 'Mails, by what became of them',
  label: 'outcome'
}
