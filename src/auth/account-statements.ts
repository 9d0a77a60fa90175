import { and, eq, gt, inArray, isNull, ne, sql } from 'drizzle-orm'
import { given, statementsOf } from '../db/statements.ts'

/** Each write is one statement. Those of one transaction change the user first: so none waits for another crosswise. */
export const accountStatements = statementsOf('accounts', (db, { users, sessions, todos }) => {
  const isTheUser = eq(users.id, given(users.id, 'userId'))
  const isTheUsers = and(eq(sessions.userId, given(sessions.userId, 'userId')), isNull(sessions.endedAt))
  const isTheCallers = eq(sessions.id, given(sessions.id, 'sessionId'))
  const isInTime = and(
    gt(sessions.idleExpiresAt, given(sessions.idleExpiresAt, 'now')),
    gt(sessions.absoluteExpiresAt, given(sessions.absoluteExpiresAt, 'now'))
  )
  return {
    nameHolders: db
      .select({ id: users.id })
      .from(users)
      .where(
        and(
          eq(users.usernameKey, given(users.usernameKey, 'usernameKey')),
          ne(users.id, given(users.id, 'userId'))
        )
      ),
    rename: db
      .update(users)
      .set({
        username: given(users.username, 'username'),
        usernameKey: given(users.usernameKey, 'usernameKey')
      })
      .where(isTheUser)
      .returning({ id: users.id, username: users.username, email: users.email }),
    currentHash: db.select({ passwordHash: users.passwordHash }).from(users).where(isTheUser),
    changePassword: db
      .update(users)
      .set({
        passwordHash: given(users.passwordHash, 'passwordHash'),
        passwordVersion: sql`${users.passwordVersion} + 1`
      })
      .where(and(isTheUser, eq(users.passwordHash, given(users.passwordHash, 'present'))))
      .returning({ id: users.id }),
    makeStale: db
      .update(sessions)
      .set({ minAccessGeneration: sql`${sessions.generation} + 1` })
      .where(isTheUsers),
    endOthers: db
      .update(sessions)
      .set({ endedAt: given(sessions.endedAt, 'now'), endReason: 'password_changed' })
      .where(and(isTheUsers, ne(sessions.id, given(sessions.id, 'sessionId'))))
      .returning({ id: sessions.id }),
    rotate: db
      .update(sessions)
      .set({
        generation: sql`${sessions.generation} + 1`,
        rotatedAt: given(sessions.rotatedAt, 'now'),
        idleExpiresAt: given(sessions.idleExpiresAt, 'idleExpiresAt'),
        retryKeyHash: given(sessions.retryKeyHash, 'retryKeyHash')
      })
      .where(and(isTheUsers, isTheCallers, isInTime))
      .returning(),
    removeTodos: db
      .delete(todos)
      .where(
        inArray(
          todos.id,
          db
            .select({ id: todos.id })
            .from(todos)
            .where(eq(todos.userId, given(todos.userId, 'userId')))
            .limit(sql.placeholder('batch'))
        )
      )
      .returning({ id: todos.id }),
    remove: db.delete(users).where(isTheUser)
  }
})
