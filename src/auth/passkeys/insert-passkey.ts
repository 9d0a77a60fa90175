import { type BoundStatement, mustAffectRow } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { Problem } from '../../problems/problem.ts'
import { createSecondFactors } from '../factors/second-factors.ts'
import { getDefaultName } from './devices.ts'
import { passkeyStatements } from './statements.ts'
import type { NewCredential, PasskeyRow } from './tables.ts'

/** The statements that give an account a passkey. */
export interface PasskeyInsertion {
  /** Affects no row when the account gets none. */
  readonly insertion: BoundStatement<PasskeyRow[]>
  /** Come after it. The second one affects rows when the account had no recovery codes: then it has got these. */
  readonly consequences: readonly [BoundStatement, BoundStatement<readonly unknown[]>]
  readonly recoveryCodes: readonly string[]
}

/** Gives passkeys to accounts. */
export function createInsertPasskey(store: Store) {
  const { insert, findCredential } = passkeyStatements(store)
  const secondFactors = createSecondFactors(store)

  return {
    bindInsert(userId: string, credential: NewCredential, name?: string): PasskeyInsertion {
      const { codes, statement: insertCodes } = secondFactors.prepareRecoveryCodes(userId)
      return {
        insertion: mustAffectRow(
          insert.bind({
            ...credential,
            id: store.newId(),
            userId,
            name: name?.trim() ?? getDefaultName(credential),
            createdAt: store.now(),
            lastUsedAt: null
          })
        ),
        consequences: [secondFactors.bindAdded(userId), insertCodes],
        recoveryCodes: codes
      }
    },

    /** The problem of a statement that gave the account no passkey. */
    async explainNoInsert({ credentialId }: NewCredential): Promise<Problem> {
      const holders = await findCredential.execute({ credentialId })
      return new Problem(holders.length > 0 ? 'passkey_already_registered' : 'too_many_passkeys')
    }
  }
}
