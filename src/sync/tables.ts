import { userTables } from '../auth/user.ts'
import { defineTables } from '../db/tables.ts'

/** The change sequence of each user, and what is left of what was deleted for good. */
export const syncTables = defineTables(kit => {
  const { table, index, uniqueIndex, id, sequence, text, counter, instant } = kit
  const { users } = userTables(kit)

  const changeSequences = table('change_sequences', {
    userId: id('user_id')
      .primaryKey()
      .references(() => users.id, { onDelete: 'cascade' }),
    // The number of the last change. Rows carry the number of theirs.
    value: counter('value').notNull(),
    // Whoever knows less than this cannot be told of all that was deleted since.
    floor: counter('floor').notNull()
  })

  // What was deleted for good, for those who have it still.
  const tombstones = table(
    'tombstones',
    {
      seq: sequence('seq'),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      type: text('type').notNull(),
      id: id('id').notNull(),
      changeNumber: counter('change_number').notNull(),
      deletedAt: instant('deleted_at').notNull()
    },
    tombstone => [
      uniqueIndex('tombstones_user_id_id').on(tombstone.userId, tombstone.id, tombstone.type),
      index('tombstones_changes').on(tombstone.userId, tombstone.changeNumber, tombstone.id),
      // For the janitor.
      index('tombstones_deleted_at').on(tombstone.deletedAt)
    ]
  )

  return { changeSequences, tombstones }
})
