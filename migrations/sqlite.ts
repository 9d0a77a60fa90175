import { defineConfig } from 'drizzle-kit'
import { sqliteTables } from '../src/db/sqlite/engine.ts'

/** Every table of the schema, by name: drizzle-kit looks at exports only. */
export const { users, sessions, events, throttles, todos, bulkUpdates, idempotencyKeys } = sqliteTables

export default defineConfig({
  dialect: 'sqlite',
  schema: './migrations/sqlite.ts',
  out: './migrations/sqlite'
})
