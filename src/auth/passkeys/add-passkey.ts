import { NoRowAffected } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import type { Identity } from '../user.ts'
import { createInsertPasskey } from './insert-passkey.ts'
import type { NewPasskey } from './schemas.ts'
import type { PasskeyServices } from './services.ts'
import { MAX_PASSKEYS, passkeyStatements } from './statements.ts'
import type { PasskeyRow } from './tables.ts'

export function createAddPasskey({ store, ceremonies, freshness, mails }: PasskeyServices) {
  const { list } = passkeyStatements(store)
  const { bindInsert, explainNoInsert } = createInsertPasskey(store)
  const auditLog = createAuditLog(store)

  return {
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
