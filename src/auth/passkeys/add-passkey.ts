import { isUndoneBy } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import type { Identity } from '../user.ts'
import { createInsertPasskey } from './insert-passkey.ts'
import type { NewPasskey } from './schemas.ts'
import type { PasskeyServices } from './services.ts'
import { MAX_PASSKEYS, passkeyStatements } from './statements.ts'
import type { PasskeyRow } from './tables.ts'

/** A passkey, with the recovery codes of an account that had none before. They are shown here and never again. */
export interface AddedPasskey {
  readonly passkey: PasskeyRow
  readonly recoveryCodes?: readonly string[]
}

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
    ): Promise<AddedPasskey> {
      ceremonies.getConfig()
      freshness.assertFresh(caller)
      const { challenge, credential } = await ceremonies.verifyRegistration(
        response,
        'registration',
        caller.id
      )
      const lock = freshness.bindLock(caller)
      const spend = ceremonies.bindSpend(challenge)
      const { insertion, consequences, recoveryCodes } = bindInsert(caller.id, credential, name)
      const [, , [row], , codes] = await store
        .atomically(
          lock,
          spend,
          insertion,
          ...consequences,
          auditLog.bindEvent(caller.id, 'passkey_added', client, { sessionId: caller.sessionId }),
          mails.bindNotice('factor_added', caller, client, { factor: 'passkey' })
        )
        .catch(async error => {
          if (isUndoneBy(error, spend)) throw new Problem('passkey_challenge_expired')
          if (isUndoneBy(error, insertion)) throw await explainNoInsert(credential)
          return freshness.refuseUnlessFresh(caller, lock)(error)
        })
      return { passkey: row as PasskeyRow, ...(codes.length > 0 && { recoveryCodes }) }
    }
  }
}
