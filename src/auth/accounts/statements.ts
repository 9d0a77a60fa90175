import { and, eq, gt, ne, notExists, or, sql } from 'drizzle-orm'
import { param, paramSelection, prepareStatements } from '../../db/statements.ts'
import { authTables } from '../tables.ts'
import { toUserColumns } from '../user.ts'

/** The statements on accounts, but for those on their passwords. */
export const accountStatements = prepareStatements('accounts', authTables, (db, { users, formerEmails }) => {
  const matchesUser = eq(users.id, param(users.id, 'userId'))
  const hasUsername = eq(users.usernameKey, param(users.usernameKey, 'usernameKey'))
  const hasEmail = eq(users.emailKey, param(users.emailKey, 'emailKey'))
  const user = toUserColumns(users)
  // Nobody gets an e-mail that its former owner can still put back. The selection from nothing has one row.
  const heldEmail = db
    .select({ id: formerEmails.id })
    .from(formerEmails)
    .where(
      and(
        eq(formerEmails.emailKey, param(formerEmails.emailKey, 'emailKey')),
        gt(formerEmails.expiresAt, param(formerEmails.expiresAt, 'createdAt'))
      )
    )
  const oneRow = sql`(select 1) as one`
  const newUser = db.select(paramSelection(users)).from(oneRow).where(notExists(heldEmail))
  return {
    /** Affects no row when the user name or the e-mail is taken. */
    insertUser: db
      .insert(users)
      .select(newUser)
      .onConflictDoNothing()
      .returning({ ...user, passwordVersion: users.passwordVersion }),
    /**
     * Affects no row when the former owner of the e-mail can still put it back. Comes after the statement that takes the
     * e-mail: on PostgreSQL that one may have waited for the change which gave the e-mail up, and did not see it.
     */
    assertNotHeld: db.select({ one: sql`1` }).from(oneRow).where(notExists(heldEmail)),
    findById: db.select().from(users).where(matchesUser),
    findByEmail: db.select().from(users).where(hasEmail),
    /** The accounts that hold a user name or an e-mail. */
    findHolders: db
      .select({ id: users.id, usernameKey: users.usernameKey, emailKey: users.emailKey })
      .from(users)
      .where(or(hasUsername, hasEmail)),
    /** Finds a row when the former owner of an e-mail can still put it back. */
    findHeldEmail: heldEmail,
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
    /** Voids the links that put a former e-mail back. */
    removeFormerEmails: db
      .delete(formerEmails)
      .where(eq(formerEmails.userId, param(formerEmails.userId, 'userId'))),
    /** Voids the links that set a new password. */
    voidResetLinks: db
      .update(users)
      .set({ emailVersion: sql`${users.emailVersion} + 1` })
      .where(matchesUser),
    deleteUser: db.delete(users).where(matchesUser).returning({ id: users.id })
  }
})
