import { and, eq, gt, isNull, ne, sql } from 'drizzle-orm'
import { param, prepareStatements } from '../../db/statements.ts'
import { authTables } from '../tables.ts'

/** Each write is one statement. Those of one transaction change the user first: so none waits for another crosswise. */
export const accountStatements = prepareStatements('accounts', authTables, (db, { users, sessions }) => {
  const matchesUser = eq(users.id, param(users.id, 'userId'))
  const isOpenSessionOfUser = and(
    eq(sessions.userId, param(sessions.userId, 'userId')),
    isNull(sessions.endedAt)
  )
  const isCallersSession = eq(sessions.id, param(sessions.id, 'sessionId'))
  const hasNotExpired = and(
    gt(sessions.idleExpiresAt, param(sessions.idleExpiresAt, 'now')),
    gt(sessions.absoluteExpiresAt, param(sessions.absoluteExpiresAt, 'now'))
  )
  return {
    findUsernameHolders: db
      .select({ id: users.id })
      .from(users)
      .where(
        and(
          eq(users.usernameKey, param(users.usernameKey, 'usernameKey')),
          ne(users.id, param(users.id, 'userId'))
        )
      ),
    updateUsername: db
      .update(users)
      .set({
        username: param(users.username, 'username'),
        usernameKey: param(users.usernameKey, 'usernameKey')
      })
      .where(matchesUser)
      .returning({ id: users.id, username: users.username, email: users.email }),
    findPasswordHash: db.select({ passwordHash: users.passwordHash }).from(users).where(matchesUser),
    updatePasswordHash: db
      .update(users)
      .set({
        passwordHash: param(users.passwordHash, 'passwordHash'),
        passwordVersion: sql`${users.passwordVersion} + 1`
      })
      .where(and(matchesUser, eq(users.passwordHash, param(users.passwordHash, 'present'))))
      .returning({ id: users.id }),
    markTokensStale: db
      .update(sessions)
      .set({ minAccessGeneration: sql`${sessions.generation} + 1` })
      .where(isOpenSessionOfUser),
    endOtherSessions: db
      .update(sessions)
      .set({ endedAt: param(sessions.endedAt, 'now'), endReason: 'password_changed' })
      .where(and(isOpenSessionOfUser, ne(sessions.id, param(sessions.id, 'sessionId'))))
      .returning({ id: sessions.id }),
    rotateSession: db
      .update(sessions)
      .set({
        generation: sql`${sessions.generation} + 1`,
        rotatedAt: param(sessions.rotatedAt, 'now'),
        idleExpiresAt: param(sessions.idleExpiresAt, 'idleExpiresAt'),
        retryKeyHash: param(sessions.retryKeyHash, 'retryKeyHash')
      })
      .where(and(isOpenSessionOfUser, isCallersSession, hasNotExpired))
      .returning(),
    deleteUser: db.delete(users).where(matchesUser)
  }
})
