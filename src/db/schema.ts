import { sql } from 'drizzle-orm'
import type { AuditEventType, EndReason } from '../auth/audit/event-types.ts'
import type { ColumnKit } from './columns.ts'

/** The tables, written once for every engine. */
export function createTables(kit: ColumnKit) {
  const { table, index, uniqueIndex, id, orderKey, sequence, text, json, flag, integer, instant } = kit

  const users = table('users', {
    id: id('id').primaryKey(),
    username: text('username').notNull(),
    email: text('email').notNull(),
    // Unique without case. Lower-cased by us, since engines and their locales do not agree on lower().
    usernameKey: text('username_key').notNull().unique(),
    emailKey: text('email_key').notNull().unique(),
    passwordHash: text('password_hash').notNull(),
    // Counts the changes of the password: what was begun before one must not be ended after it.
    passwordVersion: integer('password_version').notNull().default(0),
    // Of a password that an operator has set: until then it can be exchanged for another, and is good for nothing else.
    passwordExpiresAt: instant('password_expires_at'),
    // Set by an operator: the account is kept, but nobody may sign in.
    disabledAt: instant('disabled_at'),
    createdAt: instant('created_at').notNull()
  })

  const sessions = table(
    'sessions',
    {
      id: id('id').primaryKey(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      generation: integer('generation').notNull(),
      createdAt: instant('created_at').notNull(),
      rotatedAt: instant('rotated_at').notNull(),
      idleExpiresAt: instant('idle_expires_at').notNull(),
      absoluteExpiresAt: instant('absolute_expires_at').notNull(),
      endedAt: instant('ended_at'),
      endReason: text('end_reason').$type<EndReason>(),
      // Access tokens of a generation below are stale: the password was changed since.
      minAccessGeneration: integer('min_access_generation').notNull().default(0),
      // Of the Idempotency-Key with which the present generation was made.
      retryKeyHash: text('retry_key_hash'),
      userAgent: text('user_agent'),
      ip: text('ip')
    },
    session => [
      index('sessions_user_id').on(session.userId),
      // For the janitor.
      index('sessions_ended_at').on(session.endedAt),
      index('sessions_idle_expires_at').on(session.idleExpiresAt)
    ]
  )

  const events = table(
    'events',
    {
      id: id('id').primaryKey(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      type: text('type').$type<AuditEventType>().notNull(),
      createdAt: instant('created_at').notNull(),
      sessionId: id('session_id'),
      endReason: text('end_reason').$type<EndReason>(),
      userAgent: text('user_agent'),
      ip: text('ip'),
      // Of a re-used refresh token: who refreshed before.
      otherUserAgent: text('other_user_agent'),
      otherIp: text('other_ip')
    },
    event => [index('events_user_id_id').on(event.userId, event.id)]
  )

  const throttles = table(
    'throttles',
    {
      // A hash of what is throttled: it may be the e-mail of somebody who has no account here.
      id: text('id').primaryKey(),
      failures: integer('failures').notNull(),
      blockedUntil: instant('blocked_until').notNull(),
      updatedAt: instant('updated_at').notNull()
    },
    throttle => [index('throttles_updated_at').on(throttle.updatedAt)]
  )

  const todos = table(
    'todos',
    {
      // What the full-text index of SQLite knows a row by: other numbers of rows may change when a file is compacted.
      seq: sequence('seq'),
      id: id('id').notNull(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      // Names the state of the row: another one with each write, and never one that was there before.
      revision: id('revision').notNull(),
      title: text('title').notNull(),
      description: text('description'),
      done: flag('done').notNull(),
      due: json('due').$type<DueValue>(),
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
      // Not by way of the column: SQLite takes no name of a table here.
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
        index('todos_trash').on(todo.userId, todo.deletedAt).where(isTrash),
        // For the janitor.
        index('todos_deleted_at').on(todo.deletedAt).where(isTrash),
        // For the upgrade, which has to know at each start that nothing is left to do.
        index('todos_without_terms').on(todo.id).where(sql`terms = ''`)
      ]
    }
  )

  // The last bulk update of a user that was done in slices, or is being done.
  const bulkUpdates = table('bulk_updates', {
    userId: id('user_id')
      .primaryKey()
      .references(() => users.id, { onDelete: 'cascade' }),
    // That of all todos that it changes.
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
      // What identifies the answer, of which a repetition makes it again; nothing of what users have written.
      answer: json('answer').notNull(),
      createdAt: instant('created_at').notNull()
    },
    key => [
      index('idempotency_keys_user_id').on(key.userId),
      index('idempotency_keys_created_at').on(key.createdAt)
    ]
  )

  return { users, sessions, events, throttles, todos, bulkUpdates, idempotencyKeys }
}

/** When a todo is due: on a day, or at a time as the clocks of a zone (IANA) show it. */
export type DueValue = { readonly date: string } | { readonly dateTime: string; readonly timeZone: string }

export type Tables = ReturnType<typeof createTables>
/** What tells of work that is under way in one database, and means nothing in another. */
export const TRANSIENT_TABLES: readonly (keyof Tables)[] = ['bulkUpdates']
export type UserRow = Tables['users']['$inferSelect']
export type SessionRow = Tables['sessions']['$inferSelect']
export type AuditEventRow = Tables['events']['$inferSelect']
export type ThrottleRow = Tables['throttles']['$inferSelect']
export type BulkUpdateRow = Tables['bulkUpdates']['$inferSelect']
export type TodoRow = Omit<Tables['todos']['$inferSelect'], 'seq'>
