import { isUndoneBy, mustAffectRow } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import { createSecondFactors } from '../factors/second-factors.ts'
import type { Identity } from '../user.ts'
import type { PasskeyPatch } from './schemas.ts'
import type { PasskeyServices } from './services.ts'
import { passkeyStatements } from './statements.ts'
import type { PasskeyRow } from './tables.ts'

export function createManagePasskeys({ store, freshness, mails }: PasskeyServices) {
  const { list, rename, remove } = passkeyStatements(store)
  const secondFactors = createSecondFactors(store)
  const auditLog = createAuditLog(store)

  /** @throws {Problem} `passkey_not_found` */
  async function findPasskey(userId: string, id: string): Promise<PasskeyRow> {
    const passkeys = await list.execute({ userId })
    const passkey = passkeys.find(passkey => passkey.id === id)
    if (!passkey) throw new Problem('passkey_not_found')
    return passkey
  }

  return {
    /** A user's passkeys, the oldest first. */
    listPasskeys: async (userId: string): Promise<PasskeyRow[]> => list.execute({ userId }),

    /** @throws {Problem} `passkey_not_found` */
    async patchPasskey({ id: userId }: Identity, id: string, { name }: PasskeyPatch): Promise<PasskeyRow> {
      if (name === undefined) return findPasskey(userId, id)
      const [row] = await rename.execute({ userId, id, name: name.trim() })
      if (!row) throw new Problem('passkey_not_found')
      return row
    },

    /**
     * Removes a passkey: nobody signs in with it any more. Sessions that began with it go on. The owner is told.
     * @throws {Problem} `reauthentication_required`, `passkey_not_found` or `last_way_in`
     */
    async removePasskey(caller: Identity, id: string, client: ClientInfo): Promise<void> {
      freshness.assertFresh(caller)
      const userId = caller.id
      const lock = freshness.bindLock(caller)
      const removal = mustAffectRow(remove.bind({ userId, id }))
      await store
        .atomically(
          lock,
          removal,
          ...secondFactors.bindRemoved(userId),
          auditLog.bindEvent(userId, 'passkey_removed', client, { sessionId: caller.sessionId }),
          mails.bindNotice('factor_removed', caller, client, { factor: 'passkey' })
        )
        .catch(async error => {
          if (!isUndoneBy(error, removal)) return freshness.refuseUnlessFresh(caller, lock)(error)
          await findPasskey(userId, id)
          throw new Problem('last_way_in')
        })
    }
  }
}
