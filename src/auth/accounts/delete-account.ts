import { mustAffectRow, NoRowAffected } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { count } from '../../process/counters.ts'
import { sessionsEnded } from '../counters.ts'
import { passwordStatements } from '../passwords/statements.ts'
import { createTokenEnds } from '../personal-access-tokens/end.ts'
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
  const { removeFormerEmails, voidResetLinks, deleteUser } = accountStatements(store)
  const { lockUnchanged } = passwordStatements(store)
  const { lockLive, endAll } = sessionStatements(store)
  const { bindEndAll } = createTokenEnds(store)
  const reauthenticate = createReauthenticate(services)

  /**
   * Deletes an account with everything that belongs to it. The sessions and personal access tokens end first, so an
   * interrupted deletion leaves nobody in, and the owner can sign in and delete again.
   * @throws {Problem} `password_wrong`, `sign_in_throttled` or `overloaded`; `access_token_revoked` when the session has
   *   ended meanwhile
   */
  return async function deleteAccount(caller: Identity, password: string, client: ClientInfo): Promise<void> {
    const currentHash = await reauthenticate(caller, password, client)
    const userId = caller.id
    const passwordLock = mustAffectRow(lockUnchanged.bind({ userId, currentHash }))
    const params = { userId, now: store.now(), reason: 'account_deleted' }
    const [, , , , ended] = await store
      .atomically(
        // No link that was mailed succeeds for an account that is about to go.
        removeFormerEmails.bind({ userId }),
        passwordLock,
        voidResetLinks.bind({ userId }),
        mustAffectRow(lockLive.bind({ ...params, id: caller.sessionId })),
        endAll.bind(params),
        bindEndAll(userId)
      )
      .catch(error => {
        // The password was changed meanwhile.
        if (error instanceof NoRowAffected && error.statement === passwordLock)
          throw new Problem('password_wrong')
        return refuseIfNoRow('access_token_revoked')(error)
      })
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
