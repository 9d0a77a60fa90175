import { and, eq, gt, ne, notExists, or, sql } from 'drizzle-orm'
import { param, paramRow, prepareStatements } from '../../db/statements.ts'
import { authTables } from '../tables.ts'
import { toUserColumns } from '../user.ts'

/** The statements on the e-mails of accounts. */
export const emailStatements = prepareStatements('emails', authTables, (db, { users, formerEmails }) => {
  const matchesUser = eq(users.id, param(users.id, 'userId'))
  const user = toUserColumns(users)
  const matchesFormer = and(
    eq(formerEmails.id, param(formerEmails.id, 'formerId')),
    gt(formerEmails.expiresAt, param(formerEmails.expiresAt, 'now'))
  )
  const heldByOther = db
    .select({ id: formerEmails.id })
    .from(formerEmails)
    .where(
      and(
        eq(formerEmails.emailKey, param(formerEmails.emailKey, 'emailKey')),
        gt(formerEmails.expiresAt, param(formerEmails.expiresAt, 'now')),
        ne(formerEmails.userId, param(formerEmails.userId, 'userId'))
      )
    )
  const change = {
    email: param(users.email, 'email'),
    emailKey: param(users.emailKey, 'emailKey'),
    emailVersion: sql`${users.emailVersion} + 1`,
    emailVerified: true
  }
  return {
    /** The other account that holds the e-mail. */
    findOtherHolder: db
      .select({ id: users.id })
      .from(users)
      .where(
        and(eq(users.emailKey, param(users.emailKey, 'emailKey')), ne(users.id, param(users.id, 'userId')))
      ),
    /** Whether somebody else can still put the e-mail back. */
    findHeld: heldByOther,
    /** Affects no row when the address was confirmed before, or is not the account's any more. */
    verify: db
      .update(users)
      .set({ emailVerified: true })
      .where(and(matchesUser, eq(users.emailKey, param(users.emailKey, 'emailKey'))))
      .returning(user),
    /**
     * Affects no row when the e-mail has changed since it was read, somebody else can still put it back, or the account asks
     * for a higher level.
     */
    changeEmail: db
      .update(users)
      .set(change)
      .where(
        and(
          matchesUser,
          eq(users.emailVersion, param(users.emailVersion, 'emailVersion')),
          or(eq(users.hasSecondFactor, false), sql`${sql.placeholder('level')} > 1`),
          notExists(heldByOther)
        )
      )
      .returning(user),
    /**
     * Affects no row when somebody else can still put the e-mail back. Comes after `changeEmail`: on PostgreSQL that may have
     * waited for the change which gave the e-mail up, and did not see it.
     */
    assertNotHeld: db.select({ one: sql`1` }).from(sql`(select 1) as one`).where(notExists(heldByOther)),
    keepFormer: db.insert(formerEmails).values(paramRow(formerEmails)),
    findFormer: db
      .select({ former: formerEmails, user: users })
      .from(formerEmails)
      .innerJoin(users, eq(users.id, formerEmails.userId))
      .where(eq(formerEmails.id, param(formerEmails.id, 'formerId'))),
    removeFormer: db.delete(formerEmails).where(matchesFormer).returning({ id: formerEmails.id }),
    /** Voids the links of later changes: they went to addresses that the owner may not have. */
    removeLaterFormer: db
      .delete(formerEmails)
      .where(
        and(
          eq(formerEmails.userId, param(users.id, 'userId')),
          gt(formerEmails.id, param(formerEmails.id, 'formerId'))
        )
      ),
    revert: db.update(users).set(change).where(matchesUser).returning(user)
  }
})
