import type { Feature } from '../feature.ts'
import { syncProblems } from './problems.ts'
import { streamEvents } from './stream/counters.ts'
import { syncTables } from './tables.ts'
import { createTombstoneRemoval } from './tombstones.ts'

/** The change sequence of each user, which others follow. */
export const syncFeature = {
  problems: syncProblems,
  tables: syncTables,
  retention: [
    {
      name: 'tombstones',
      prepareRemoval: createTombstoneRemoval,
      keepForMs: ({ retention }) => retention.changesMs
    }
  ],
  counters: [streamEvents]
} satisfies Feature
