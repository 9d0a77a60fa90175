import { and, eq, ne, or } from 'drizzle-orm'
import { param, paramRow, prepareStatements } from '../../db/statements.ts'
import { authTables } from '../tables.ts'

/** The statements on accounts, but for those on their passwords. */
export const accountStatements = prepareStatements('accounts', authTables, (db, { users }) => {
  const matchesUser = eq(users.id, param(users.id, 'userId'))
  const hasUsername = eq(users.usernameKey, param(users.usernameKey, 'usernameKey'))
  const hasEmail = eq(users.emailKey, param(users.emailKey, 'emailKey'))
  const user = {
    id: users.id,
    username: users.username,
    email: users.email,
    emailVerified: users.emailVerified
  }
  return {
    insertUser: db
      .insert(users)
      .values(paramRow(users))
      .onConflictDoNothing()
      .returning({ ...user, passwordVersion: users.passwordVersion }),
    findByEmail: db.select().from(users).where(hasEmail),
    /** The accounts that hold a user name or an e-mail. */
    findHolders: db
      .select({ id: users.id, usernameKey: users.usernameKey, emailKey: users.emailKey })
      .from(users)
      .where(or(hasUsername, hasEmail)),
    /** The other accounts that hold a user name. */
    findUsernameHolders: db
      .select({ id: users.id })
      .from(users)
      .where(and(hasUsername, ne(users.id, param(users.id, 'userId')))),
    updateUsername: db
      .update(users)
      .set({
        username: param(users.username, 'username'),
        usernameKey: param(users.usernameKey, 'usernameKey')
      })
      .where(matchesUser)
      .returning(user),
    deleteUser: db.delete(users).where(matchesUser)
  }
})
