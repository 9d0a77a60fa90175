import type { Feature } from '../feature.ts'
import { mailOutcomes } from './counters.ts'
import { mailProblems } from './problems.ts'
import { mailTables } from './tables.ts'

/** Milliseconds for which a mail that could not be sent is kept after its expiry, for the operator to see: 7 days. */
const UNSENT_RETENTION_MS = 604_800_000

/** The outbox of mails. */
export const mailFeature = {
  problems: mailProblems,
  tables: mailTables,
  retention: [
    {
      name: 'mails',
      age: kit => mailTables(kit).mails.expiresAt,
      keepForMs: () => UNSENT_RETENTION_MS
    }
  ],
  counters: [mailOutcomes]
} satisfies Feature
