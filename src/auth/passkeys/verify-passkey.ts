import { type BoundStatement, mustAffectRow } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import type { VerifiedUser } from '../user.ts'
import type { AuthenticationResponse } from './ceremonies/responses.ts'
import type { PasskeyServices } from './services.ts'
import { passkeyStatements } from './statements.ts'

/** A passkey that has shown who its user is. */
export interface VerifiedPasskey {
  readonly user: VerifiedUser
  /**
   * What has to be in the transaction that relies on the passkey: the challenge is used up, and the use is written down. Two of
   * them must affect a row.
   */
  readonly statements: readonly BoundStatement[]
  /** Explains why the statements were undone. @throws {Problem} `passkey_challenge_expired` or `passkey_not_recognized` */
  readonly refuse: () => Promise<never>
}

export function createVerifyPasskey({ store, ceremonies, mails }: PasskeyServices) {
  const { recordUse } = passkeyStatements(store)
  const auditLog = createAuditLog(store)

  /**
   * Verifies the proof of a passkey: to sign in, as a second factor, or to authenticate again. Nothing is written yet.
   * @param expectedUserId the only user whose passkey will do; none for whoever it is
   * @throws {Problem} `passkeys_not_configured`, or of the group `passkey_…`, by what is wrong; `account_disabled`
   */
  return async function verifyPasskey(
    response: AuthenticationResponse,
    client: ClientInfo,
    expectedUserId?: string
  ): Promise<VerifiedPasskey> {
    const { passkey, user, challenge, state } = await ceremonies.verifyProof(response)
    if (expectedUserId !== undefined && user.id !== expectedUserId)
      throw new Problem('passkey_not_recognized')
    if (user.disabledAt) throw new Problem('account_disabled')
    const { disabledAt: _, ...verifiedUser } = user
    // A copy of the key counts on its own. Some authenticators lose count, so the owner is told, and nobody is shut out.
    const hasCountGoneBack = passkey.signCount > 0 && state.signCount <= passkey.signCount
    return {
      user: verifiedUser,
      statements: [
        ceremonies.bindSpend(challenge),
        mustAffectRow(recordUse.bind({ ...state, userId: user.id, id: passkey.id, lastUsedAt: store.now() })),
        ...(hasCountGoneBack
          ? [
              auditLog.bindEvent(user.id, 'passkey_count_went_back', client),
              mails.bindNotice('passkey_count_went_back', user, client)
            ]
          : [])
      ],
      async refuse() {
        const isSpent = await ceremonies.isSpent(challenge)
        throw new Problem(isSpent ? 'passkey_challenge_expired' : 'passkey_not_recognized')
      }
    }
  }
}

export type VerifyPasskey = ReturnType<typeof createVerifyPasskey>
