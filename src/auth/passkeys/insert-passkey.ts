import { mustAffectRow } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { Problem } from '../../problems/problem.ts'
import { getDefaultName } from './devices.ts'
import { secondFactorStatements } from './second-factor.ts'
import { passkeyStatements } from './statements.ts'
import type { NewCredential } from './tables.ts'

/** Gives passkeys to accounts. */
export function createInsertPasskey(store: Store) {
  const { insert, findCredential } = passkeyStatements(store)
  const { refreshSecondFactor } = secondFactorStatements(store)

  return {
    /** The statements that give an account a passkey. The first one must affect a row. */
    bindInsert: (userId: string, credential: NewCredential, name?: string) =>
      [
        mustAffectRow(
          insert.bind({
            ...credential,
            id: store.newId(),
            userId,
            name: name?.trim() ?? getDefaultName(credential),
            createdAt: store.now(),
            lastUsedAt: null
          })
        ),
        refreshSecondFactor.bind({ userId })
      ] as const,

    /** The problem of a statement that gave the account no passkey. */
    async explainNoInsert({ credentialId }: NewCredential): Promise<Problem> {
      const holders = await findCredential.execute({ credentialId })
      return new Problem(holders.length > 0 ? 'passkey_already_registered' : 'too_many_passkeys')
    }
  }
}
