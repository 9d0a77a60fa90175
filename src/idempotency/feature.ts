import type { Feature } from '../feature.ts'
import { IDEMPOTENCY_RETENTION_MS } from './idempotency.ts'
import { idempotencyProblems } from './problems.ts'
import { idempotencyTables } from './tables.ts'

/** Requests that are carried out once, however often they are sent. */
export const idempotencyFeature = {
  problems: idempotencyProblems,
  tables: idempotencyTables,
  retention: [
    {
      name: 'idempotencyKeys',
      age: kit => idempotencyTables(kit).idempotencyKeys.createdAt,
      keepForMs: () => IDEMPOTENCY_RETENTION_MS
    }
  ]
} satisfies Feature
