import { mustAffectRow } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { count } from '../../process/counters.ts'
import { sessionsEnded } from '../counters.ts'
import { createTokenEnds } from '../personal-access-tokens/end.ts'
import { createStepUp } from '../reauthentication/step-up.ts'
import { sessionStatements } from '../sessions/statements.ts'
import type { Identity } from '../user.ts'
import type { AccountServices } from './services.ts'
import { accountStatements } from './statements.ts'

export function createDeleteAccount(
  services: Pick<
    AccountServices,
    'store' | 'passwordHasher' | 'throttle' | 'freshness' | 'removeUserRows' | 'mails'
  >
) {
  const { store, removeUserRows, mails } = services
  const { removeFormerEmails, voidResetLinks, deleteUser } = accountStatements(store)
  const { endAll } = sessionStatements(store)
  const { bindEndAll } = createTokenEnds(store)
  const stepUp = createStepUp(services)

  /**
   * Deletes an account with everything that belongs to it. The sessions and personal access tokens end first, so an
   * interrupted deletion leaves nobody in, and the owner can sign in and delete again.
   * @param password instead of a fresh session, where the account asks for nothing else
   * @throws {Problem} `reauthentication_required`; `password_wrong`, `sign_in_throttled` or `overloaded`;
   *   `access_token_revoked` when the session has ended meanwhile
   */
  return async function deleteAccount(
    caller: Identity,
    password: string | undefined,
    client: ClientInfo
  ): Promise<void> {
    const { lock, refuse } = await stepUp(caller, password, client)
    const userId = caller.id
    const params = { userId, now: store.now(), reason: 'account_deleted' }
    const [, , , ended] = await store
      .atomically(
        // No link that was mailed succeeds for an account that is about to go.
        removeFormerEmails.bind({ userId }),
        lock,
        voidResetLinks.bind({ userId }),
        endAll.bind(params),
        bindEndAll(userId)
      )
      .catch(refuse)
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
