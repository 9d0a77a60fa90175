import { mustAffectRow, NoRowAffected } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import type { Identity } from '../user.ts'
import type { NewCredential } from './ceremonies/attestation.ts'
import { getDefaultName } from './devices.ts'
import type { NewPasskey } from './schemas.ts'
import { secondFactorStatements } from './second-factor.ts'
import type { PasskeyServices } from './services.ts'
import { MAX_PASSKEYS, passkeyStatements } from './statements.ts'
import type { PasskeyRow } from './tables.ts'

export function createAddPasskey({ store, ceremonies, freshness, mails }: PasskeyServices) {
  const { list, insert, findCredential } = passkeyStatements(store)
  const { refreshSecondFactor } = secondFactorStatements(store)
  const auditLog = createAuditLog(store)

  /** Makes the statements that give an account a passkey. */
  function bindInsert(userId: string, credential: NewCredential, name: string | undefined) {
    return [
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
    ] as const
  }

  /** Explains why the account did not get the passkey. */
  async function explainNoInsert({ credentialId }: NewCredential): Promise<Problem> {
    const holders = await findCredential.execute({ credentialId })
    return new Problem(holders.length > 0 ? 'passkey_already_registered' : 'too_many_passkeys')
  }

  return {
    bindInsert,
    explainNoInsert,

    /**
     * Begins the making of a passkey. Nothing is written.
     * @throws {Problem} `passkeys_not_configured`, `reauthentication_required` or `too_many_passkeys`
     */
    async createPasskeyOptions(caller: Identity) {
      ceremonies.getConfig()
      freshness.assertFresh(caller)
      const present = await list.execute({ userId: caller.id })
      if (present.length >= MAX_PASSKEYS) throw new Problem('too_many_passkeys')
      return ceremonies.createOptions(caller, present)
    },

    /**
     * Adds a passkey to an account. The owner is told.
     * @throws {Problem} `passkeys_not_configured`, `reauthentication_required`, `passkey_already_registered` or
     *   `too_many_passkeys`; those of a passkey that is not good
     */
    async addPasskey(
      caller: Identity,
      { name, passkey: response }: NewPasskey,
      client: ClientInfo
    ): Promise<PasskeyRow> {
      ceremonies.getConfig()
      freshness.assertFresh(caller)
      const { challenge, credential } = await ceremonies.verifyRegistration(
        response,
        'registration',
        caller.id
      )
      const lock = freshness.bindLock(caller)
      const spend = ceremonies.bindSpend(challenge)
      const [insertion, refresh] = bindInsert(caller.id, credential, name)
      const [, , [row]] = await store
        .atomically(
          lock,
          spend,
          insertion,
          refresh,
          auditLog.bindEvent(caller.id, 'passkey_added', client, { sessionId: caller.sessionId }),
          mails.bindNotice('passkey_added', caller, client)
        )
        .catch(async error => {
          if (error instanceof NoRowAffected && error.statement === spend)
            throw new Problem('passkey_challenge_expired')
          if (error instanceof NoRowAffected && error.statement === insertion)
            throw await explainNoInsert(credential)
          return freshness.refuseUnlessFresh(caller, lock)(error)
        })
      return row as PasskeyRow
    }
  }
}
