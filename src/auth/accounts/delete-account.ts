import { mustAffectRow } from '../../db/engine.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { count } from '../../process/counters.ts'
import { sessionsEnded } from '../counters.ts'
import { refuseIfNoRow } from '../refuse-if-no-row.ts'
import { sessionStatements } from '../sessions/statements.ts'
import type { Identity } from '../user.ts'
import { createReauthenticate } from './reauthenticate.ts'
import type { AccountServices } from './services.ts'
import { accountStatements } from './statements.ts'

export function createDeleteAccount(
  services: Pick<AccountServices, 'store' | 'passwordHasher' | 'throttle' | 'removeUserRows' | 'mails'>
) {
  const { store, removeUserRows, mails } = services
  const { deleteUser } = accountStatements(store)
  const { lockLive, endAll } = sessionStatements(store)
  const reauthenticate = createReauthenticate(services)

  /**
   * Deletes an account with everything that belongs to it. The sessions end first, so an interrupted deletion leaves nobody
   * signed in, and the owner can sign in and delete again.
   * @throws {Problem} `password_wrong`, `sign_in_throttled` or `overloaded`; `access_token_revoked` when the session has
   *   ended meanwhile
   */
  return async function deleteAccount(caller: Identity, password: string, client: ClientInfo): Promise<void> {
    await reauthenticate(caller, password, client)
    const userId = caller.id
    const params = { userId, now: store.now(), reason: 'account_deleted' }
    const [, ended] = await store
      .atomically(mustAffectRow(lockLive.bind({ ...params, id: caller.sessionId })), endAll.bind(params))
      .catch(refuseIfNoRow('access_token_revoked'))
    count(store.counters.get(sessionsEnded), 'account_deleted', ended.length)
    await removeUserRows(store, userId)
    await store.atomically(
      mustAffectRow(deleteUser.bind({ userId })),
      mails.bindNotice('account_deleted', { ...caller, id: null }, client)
    )
    // The account is gone by now. The janitor erases later what cannot be erased from the file at this moment.
    await store.eraseDeleted?.().catch(() => {})
  }
}
