import { sql } from 'drizzle-orm'
import { userTables } from '../auth/user.ts'
import { defineTables } from '../db/tables.ts'
import type { Due } from './content/due.ts'

/** The todos, and the bulk updates of them that are under way. */
export const todoTables = defineTables(kit => {
  const { table, index, uniqueIndex, id, orderKey, sequence, text, json, flag, integer, counter, instant } =
    kit
  const { users } = userTables(kit)

  const todos = table(
    'todos',
    {
      // The number by which SQLite's full-text index knows a row. Its own row numbers may change when a file is compacted.
      seq: sequence('seq'),
      id: id('id').notNull(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      // Names the state of the row: another one with each write, and never one that was there before.
      revision: id('revision').notNull(),
      // The number of its last change in the change sequence of the user.
      changeNumber: counter('change_number').notNull(),
      title: text('title').notNull(),
      description: text('description'),
      done: flag('done').notNull(),
      due: json('due').$type<Due>(),
      priority: integer('priority').notNull(),
      tags: json('tags').$type<readonly string[]>().notNull(),
      position: orderKey('position').notNull(),
      createdAt: instant('created_at').notNull(),
      updatedAt: instant('updated_at').notNull(),
      completedAt: instant('completed_at'),
      deletedAt: instant('deleted_at'),
      // Made from the fields above, to order and to search by.
      titleKey: orderKey('title_key').notNull(),
      dueKey: orderKey('due_key').notNull(),
      terms: text('terms').notNull()
    },
    todo => {
      // As text, not as the column: SQLite takes no table name here.
      const isLive = sql`deleted_at is null`
      const isTrash = sql`deleted_at is not null`
      return [
        uniqueIndex('todos_user_id_id').on(todo.userId, todo.id),
        // One for each order of the list, in which a page costs the same at any depth.
        index('todos_position').on(todo.userId, todo.position, todo.id).where(isLive),
        index('todos_created_at').on(todo.userId, todo.createdAt, todo.id).where(isLive),
        index('todos_updated_at').on(todo.userId, todo.updatedAt, todo.id).where(isLive),
        index('todos_due').on(todo.userId, todo.dueKey, todo.id).where(isLive),
        index('todos_priority').on(todo.userId, todo.priority, todo.id).where(isLive),
        index('todos_title').on(todo.userId, todo.titleKey, todo.id).where(isLive),
        index('todos_changes').on(todo.userId, todo.changeNumber, todo.id),
        index('todos_trash').on(todo.userId, todo.deletedAt).where(isTrash),
        // For the janitor.
        index('todos_deleted_at').on(todo.deletedAt).where(isTrash)
      ]
    }
  )

  // The last bulk update of a user that was done in slices, or is being done.
  const bulkUpdates = table('bulk_updates', {
    userId: id('user_id')
      .primaryKey()
      .references(() => users.id, { onDelete: 'cascade' }),
    // The revision of all todos that it changes.
    revision: id('revision').notNull(),
    startedAt: instant('started_at').notNull(),
    // What is done to which todos.
    change: json('change').notNull(),
    // A hash of the request, if it may be repeated.
    requestId: text('request_id'),
    // The last todo that was looked at, in the order of the ids.
    cursor: id('cursor').notNull(),
    // How many it has changed so far.
    changed: integer('changed').notNull(),
    isDone: flag('is_done').notNull()
  })

  return { todos, bulkUpdates }
})

type TodoTables = ReturnType<typeof todoTables>
export type TodoRow = Omit<TodoTables['todos']['$inferSelect'], 'seq' | 'changeNumber'>
export type BulkUpdateRow = TodoTables['bulkUpdates']['$inferSelect']
