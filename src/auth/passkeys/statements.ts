import { and, asc, count, eq, exists, lt, ne, or, sql } from 'drizzle-orm'
import { param, paramRow, paramSelection, prepareStatements } from '../../db/statements.ts'
import { factorTables } from '../factors/tables.ts'
import { authTables } from '../tables.ts'
import { toUserColumns } from '../user.ts'
import { passkeyTables } from './tables.ts'

/** The most passkeys of an account. */
export const MAX_PASSKEYS = 20

/** The statements on passkeys. */
export const passkeyStatements = prepareStatements(
  'passkeys',
  kit => ({ ...authTables(kit), ...factorTables(kit), ...passkeyTables(kit) }),
  (db, { users, passkeys, spentChallenges }) => {
    const matchesUser = eq(passkeys.userId, param(passkeys.userId, 'userId'))
    const matchesId = eq(passkeys.id, param(passkeys.id, 'id'))
    const matchesCredential = eq(passkeys.credentialId, param(passkeys.credentialId, 'credentialId'))
    const owner = eq(users.id, param(users.id, 'userId'))
    const countOfUser = db.select({ count: count() }).from(passkeys).where(matchesUser)
    const otherWayIn = or(
      exists(
        db
          .select({ one: sql`1` })
          .from(users)
          .where(and(owner, ne(users.passwordHash, '')))
      ),
      exists(
        db
          .select({ one: sql`1` })
          .from(passkeys)
          .where(and(matchesUser, ne(passkeys.id, param(passkeys.id, 'id'))))
      )
    )
    return {
      /** The passkeys of a user, the oldest first. */
      list: db.select().from(passkeys).where(matchesUser).orderBy(asc(passkeys.id)),
      /** A passkey of a user, with the user. */
      findWithUser: db
        .select({
          passkey: passkeys,
          user: {
            ...toUserColumns(users),
            passwordVersion: users.passwordVersion,
            disabledAt: users.disabledAt
          }
        })
        .from(passkeys)
        .innerJoin(users, eq(users.id, passkeys.userId))
        .where(and(matchesUser, matchesCredential)),
      /** A passkey, whosever it is. */
      findCredential: db.select({ id: passkeys.id }).from(passkeys).where(matchesCredential),
      /** Affects no row when the credential is somebody's already, or the user has as many as may be. */
      insert: db
        .insert(passkeys)
        .select(
          db
            .select(paramSelection(passkeys))
            .from(users)
            .where(and(owner, lt(sql`(${countOfUser})`, sql.raw(`${MAX_PASSKEYS}`))))
        )
        .onConflictDoNothing()
        .returning(),
      /** Affects no row when the passkey was removed. */
      recordUse: db
        .update(passkeys)
        .set({
          signCount: param(passkeys.signCount, 'signCount'),
          isBackedUp: param(passkeys.isBackedUp, 'isBackedUp'),
          lastUsedAt: param(passkeys.lastUsedAt, 'lastUsedAt')
        })
        .where(and(matchesUser, matchesId))
        .returning({ id: passkeys.id }),
      rename: db
        .update(passkeys)
        .set({ name: param(passkeys.name, 'name') })
        .where(and(matchesUser, matchesId))
        .returning(),
      /** Affects no row when there is no such passkey, or nothing else lets the user in. */
      remove: db
        .delete(passkeys)
        .where(and(matchesUser, matchesId, otherWayIn))
        .returning(),
      /** Affects no row when the challenge was used before: of several uses at once, one affects the row. */
      spendChallenge: db
        .insert(spentChallenges)
        .values(paramRow(spentChallenges))
        .onConflictDoNothing()
        .returning({ id: spentChallenges.id })
    }
  }
)
