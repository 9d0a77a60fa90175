import { defineConfig } from 'drizzle-kit'
import { postgresKit } from '../src/db/columns.ts'
import { allTables } from '../src/features.ts'

/** Every table of the schema, by name: drizzle-kit looks at exports only. */
export const {
  mails,
  users,
  sessions,
  events,
  throttles,
  challenges,
  formerEmails,
  totpFactors,
  recoveryCodes,
  spentChallenges,
  passkeys,
  personalAccessTokens,
  changeSequences,
  tombstones,
  lists,
  todos,
  bulkUpdates,
  completions,
  idempotencyKeys
} = allTables(postgresKit)

export default defineConfig({
  dialect: 'postgresql',
  schema: './migrations/postgres.ts',
  out: './migrations/postgres'
})
