import type { BoundStatement } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { createRecoveryCode, hashRecoveryCode, RECOVERY_CODES } from './codes/recovery-codes.ts'
import { factorStatements, insertFirstCodes } from './statements.ts'

/** Recovery codes with the statement that stores their hashes. */
export interface NewRecoveryCodes {
  readonly codes: readonly string[]
  /** Affects rows only when the account has no codes: then, and only then, the codes are good. */
  readonly statement: BoundStatement<readonly unknown[]>
}

/** How many second factors of an account count, and how many recovery codes it has. */
export interface FactorCounts {
  readonly authenticatorApps: number
  readonly passkeys: number
  readonly recoveryCodes: number
}

/**
 * What comes with each second factor, whatever its kind: whether the account has one, and its recovery codes. The statements
 * belong into the transaction that adds or removes a factor.
 */
export function createSecondFactors(store: Store) {
  const { listConfirmed, listPasskeys, countRecoveryCodes, refreshSecondFactor, removeUnneededCodes } =
    factorStatements(store)

  function prepareRecoveryCodes(userId: string): NewRecoveryCodes {
    const codes = Array.from({ length: RECOVERY_CODES }, createRecoveryCode)
    const ids = JSON.stringify(codes.map(code => hashRecoveryCode(userId, code)))
    return { codes, statement: insertFirstCodes(store).bind({ ids, userId, createdAt: store.now() }) }
  }

  return {
    async count(userId: string): Promise<FactorCounts> {
      const [apps, passkeys, [codes]] = await Promise.all([
        listConfirmed.execute({ userId }),
        listPasskeys.execute({ userId }),
        countRecoveryCodes.execute({ userId })
      ])
      return {
        authenticatorApps: apps.length,
        passkeys: passkeys.length,
        recoveryCodes: Number(codes?.count)
      }
    },

    /** The first recovery codes of an account, which come with its first factor. */
    prepareRecoveryCodes,

    /** The statement after one that adds a factor. */
    bindAdded: (userId: string) => refreshSecondFactor.bind({ userId }),

    /** The statements after one that removes a factor. With the last one the recovery codes go. */
    bindRemoved: (userId: string): [BoundStatement, BoundStatement] => [
      refreshSecondFactor.bind({ userId }),
      removeUnneededCodes.bind({ userId })
    ]
  }
}

export type SecondFactors = ReturnType<typeof createSecondFactors>
