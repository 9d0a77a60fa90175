import { and, eq, exists, isNotNull, or, sql } from 'drizzle-orm'
import { param, prepareStatements } from '../../db/statements.ts'
import { factorTables } from '../factors/tables.ts'
import { userTables } from '../user.ts'
import { passkeyTables } from './tables.ts'

export const secondFactorStatements = prepareStatements(
  'second_factor',
  kit => ({ ...userTables(kit), ...factorTables(kit), ...passkeyTables(kit) }),
  (db, { users, totpFactors, passkeys }) => {
    const hasTotp = exists(
      db
        .select({ one: sql`1` })
        .from(totpFactors)
        .where(and(eq(totpFactors.userId, users.id), isNotNull(totpFactors.confirmedAt)))
    )
    const hasPasskey = exists(db.select({ one: sql`1` }).from(passkeys).where(eq(passkeys.userId, users.id)))
    return {
      /** Writes whether an account has a second factor. Comes into the transaction that adds or removes one, after it. */
      refreshSecondFactor: db
        .update(users)
        .set({ hasSecondFactor: sql`${or(hasTotp, hasPasskey)}` })
        .where(eq(users.id, param(users.id, 'userId')))
    }
  }
)
