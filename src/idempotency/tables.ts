import { userTables } from '../auth/user.ts'
import { defineTables } from '../db/tables.ts'

/** What answers requests that are sent again with their Idempotency-Key. */
export const idempotencyTables = defineTables(kit => {
  const { table, index, id, text, json, instant } = kit
  const { users } = userTables(kit)

  const idempotencyKeys = table(
    'idempotency_keys',
    {
      // A hash of the user and the key.
      id: text('id').primaryKey(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      // A hash of the request and the key that it came with.
      fingerprint: text('fingerprint').notNull(),
      // What identifies the answer, to make it again; nothing of what users have written.
      answer: json('answer').notNull(),
      createdAt: instant('created_at').notNull()
    },
    key => [
      index('idempotency_keys_user_id').on(key.userId),
      index('idempotency_keys_created_at').on(key.createdAt)
    ]
  )

  return { idempotencyKeys }
})
