import { defineConfig } from 'drizzle-kit'
import { postgresTables } from '../src/db/postgres/engine.ts'

/** Every table of the schema, by name: drizzle-kit looks at exports only. */
export const { users, sessions, events, throttles, todos, bulkUpdates, idempotencyKeys } = postgresTables

export default defineConfig({
  dialect: 'postgresql',
  schema: './migrations/postgres.ts',
  out: './migrations/postgres'
})
