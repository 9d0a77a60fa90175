import { and, eq, isNull, sql } from 'drizzle-orm'
import { param, prepareStatements } from '../../db/statements.ts'
import { authTables } from '../tables.ts'

/** The statements that give an account a new password by a link. */
export const recoveryStatements = prepareStatements('recovery', authTables, (db, { users }) => {
  const matchesUser = eq(users.id, param(users.id, 'userId'))
  return {
    /** Affects no row once the password or the e-mail has changed since the link was made. */
    resetPassword: db
      .update(users)
      .set({
        passwordHash: param(users.passwordHash, 'passwordHash'),
        passwordVersion: sql`${users.passwordVersion} + 1`,
        // Only who reads the mail of the address has the link.
        emailVerified: true
      })
      .where(
        and(
          matchesUser,
          eq(users.passwordVersion, param(users.passwordVersion, 'passwordVersion')),
          eq(users.emailVersion, param(users.emailVersion, 'emailVersion')),
          isNull(users.disabledAt)
        )
      )
      .returning({ id: users.id })
  }
})
