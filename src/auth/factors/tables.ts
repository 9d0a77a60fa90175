import { isNull } from 'drizzle-orm'
import { defineTables } from '../../db/tables.ts'
import { userTables } from '../user.ts'

/** Second factors of accounts, but for passkeys. */
export const factorTables = defineTables(kit => {
  const { table, index, id, text, integer, instant } = kit
  const { users } = userTables(kit)

  const totpFactors = table(
    'totp_factors',
    {
      id: id('id').primaryKey(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      // Under a key of its own, which signs nothing: see sealing.
      sealedSeed: text('sealed_seed').notNull(),
      // The step of the last code that was taken. No code is taken twice (RFC 6238, section 5.2).
      lastStep: integer('last_step').notNull(),
      createdAt: instant('created_at').notNull(),
      // Until then the factor does not count.
      confirmedAt: instant('confirmed_at')
    },
    factor => [
      index('totp_factors_user_id').on(factor.userId),
      // For the janitor: of factors that nobody has confirmed.
      index('totp_factors_unconfirmed').on(factor.createdAt).where(isNull(factor.confirmedAt))
    ]
  )

  const recoveryCodes = table(
    'recovery_codes',
    {
      // A hash of the user with the code: the row is found by it.
      id: text('id').primaryKey(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      createdAt: instant('created_at').notNull()
    },
    code => [index('recovery_codes_user_id').on(code.userId)]
  )

  // Of a challenge that was used, or that was answered wrongly: until it would have expired.
  const spentChallenges = table(
    'spent_challenges',
    {
      // A hash of the challenge.
      id: text('id').primaryKey(),
      // Wrong answers. A challenge that was used has more than are allowed.
      failures: integer('failures').notNull(),
      expiresAt: instant('expires_at').notNull()
    },
    challenge => [index('spent_challenges_expires_at').on(challenge.expiresAt)]
  )

  return { totpFactors, recoveryCodes, spentChallenges }
})

type FactorTables = ReturnType<typeof factorTables>
export type TotpFactorRow = FactorTables['totpFactors']['$inferSelect']
export type RecoveryCodeRow = FactorTables['recoveryCodes']['$inferSelect']
