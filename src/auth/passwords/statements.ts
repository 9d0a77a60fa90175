import { and, eq, sql } from 'drizzle-orm'
import { param, prepareStatements } from '../../db/statements.ts'
import { authTables } from '../tables.ts'

/** All statements on password hashes. A replacement loses to another one that came first: it names the hash it replaces. */
export const passwordStatements = prepareStatements('passwords', authTables, (db, { users }) => {
  const matchesUser = eq(users.id, param(users.id, 'userId'))
  const isUnchanged = and(matchesUser, eq(users.passwordHash, param(users.passwordHash, 'currentHash')))
  const passwordHash = param(users.passwordHash, 'passwordHash')
  const nextVersion = sql`${users.passwordVersion} + 1`
  // The lock makes a change of the password wait. SQLite has one writer at a time and needs no lock.
  const unchanged = db.select({ id: users.id }).from(users).where(isUnchanged)
  return {
    /** Comes with `mustAffectRow` into a transaction that relies on the password that was verified. */
    lockUnchanged: 'for' in unchanged ? unchanged.for('no key update') : unchanged,
    findHash: db.select({ passwordHash: users.passwordHash }).from(users).where(matchesUser),
    /** Sets a password that the user has chosen. */
    replaceHash: db
      .update(users)
      .set({ passwordHash, passwordVersion: nextVersion })
      .where(isUnchanged)
      .returning({ passwordVersion: users.passwordVersion }),
    /** Sets another hash of the same password. */
    rehash: db.update(users).set({ passwordHash }).where(isUnchanged)
  }
})
