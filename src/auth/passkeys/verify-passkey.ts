import { type BoundStatement, mustAffectRow } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import type { AuthMails } from '../mails/mails.ts'
import type { VerifiedUser } from '../user.ts'
import type { Ceremonies } from './ceremonies/ceremonies.ts'
import type { AuthenticationResponse } from './ceremonies/responses.ts'
import { passkeyStatements } from './statements.ts'

/** A passkey that has shown who its user is. It counts with the transaction that uses the challenge up. */
export interface VerifiedPasskey {
  readonly user: VerifiedUser
  /** Must affect a row: of several uses of one challenge, one does. */
  readonly useUp: BoundStatement<readonly unknown[]>
  /** Come after that in the same transaction. The first one must affect a row: it finds none once the passkey was removed. */
  readonly statements: readonly BoundStatement[]
}

export function createVerifyPasskey(store: Store, ceremonies: Ceremonies, mails: AuthMails) {
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
      useUp: ceremonies.bindSpend(challenge),
      statements: [
        mustAffectRow(recordUse.bind({ ...state, userId: user.id, id: passkey.id, lastUsedAt: store.now() })),
        ...(hasCountGoneBack
          ? [
              auditLog.bindEvent(user.id, 'passkey_count_went_back', client),
              mails.bindNotice('passkey_count_went_back', user, client)
            ]
          : [])
      ]
    }
  }
}

export type VerifyPasskey = ReturnType<typeof createVerifyPasskey>
