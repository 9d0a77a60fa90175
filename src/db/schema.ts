import type { ColumnKit } from './columns.ts'

/** The tables, written once for every engine. */
export function tablesOf({ table, index, id, text, flag, count, instant }: ColumnKit) {
  const users = table('users', {
    id: id('id').primaryKey(),
    username: text('username').notNull(),
    email: text('email').notNull(),
    // Unique without case. Lower-cased by us, since engines and their locales do not agree on lower().
    usernameKey: text('username_key').notNull().unique(),
    emailKey: text('email_key').notNull().unique(),
    passwordHash: text('password_hash').notNull(),
    createdAt: instant('created_at').notNull()
  })

  const sessions = table(
    'sessions',
    {
      id: id('id').primaryKey(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      generation: count('generation').notNull(),
      createdAt: instant('created_at').notNull(),
      rotatedAt: instant('rotated_at').notNull(),
      idleExpiresAt: instant('idle_expires_at').notNull(),
      absoluteExpiresAt: instant('absolute_expires_at').notNull(),
      endedAt: instant('ended_at'),
      endReason: text('end_reason').$type<EndReason>()
    },
    session => [index('sessions_user_id').on(session.userId)]
  )

  const todos = table(
    'todos',
    {
      id: id('id').primaryKey(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      version: count('version').notNull(),
      title: text('title').notNull(),
      description: text('description'),
      done: flag('done').notNull(),
      createdAt: instant('created_at').notNull(),
      updatedAt: instant('updated_at').notNull(),
      completedAt: instant('completed_at')
    },
    todo => [index('todos_user_id_id').on(todo.userId, todo.id)]
  )

  return { users, sessions, todos }
}

/** Why a session ended before its time. */
export type EndReason = 'logout' | 'reuse_detected'

export type Tables = ReturnType<typeof tablesOf>
export type UserRow = Tables['users']['$inferSelect']
export type SessionRow = Tables['sessions']['$inferSelect']
export type TodoRow = Tables['todos']['$inferSelect']
