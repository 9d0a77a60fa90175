import type { BoundStatement } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import type { AccountServices } from '../accounts/services.ts'
import type { Identity } from '../user.ts'
import { createVerifyPassword } from './verify-password.ts'

/** That a user himself asks for a dangerous write. */
export interface StepUp {
  /** Comes into the transaction of the write, which takes effect only while this is still so. */
  readonly lock: BoundStatement<{ id: string }[]>
  /** The hash of the password that was given. */
  readonly currentHash: string | undefined
  /**
   * For `.catch` of that transaction. Other errors pass unchanged.
   * @throws {Problem} `access_token_revoked`, `reauthentication_required` or `password_wrong` when the lock found nothing
   */
  readonly refuse: (error: unknown) => Promise<never>
}

/** Makes sure that a user himself asks for a dangerous write, and not whoever got hold of an access token. */
export function createStepUp(
  services: Pick<AccountServices, 'store' | 'passwordHasher' | 'throttle' | 'freshness'>
) {
  const { freshness } = services
  const verifyPassword = createVerifyPassword(services)

  /**
   * Demands a fresh session, or the password where the account asks for nothing else.
   * @param password if it is given, it must be right, however fresh the session is
   * @throws {Problem} `reauthentication_required`; `password_wrong`, `sign_in_throttled` or `overloaded`
   */
  return async function stepUp(
    caller: Identity,
    password: string | undefined,
    client: ClientInfo
  ): Promise<StepUp> {
    const isPasswordEnough = caller.requiredLevel === 1
    if (password === undefined || !isPasswordEnough) freshness.assertFresh(caller)
    const currentHash = password === undefined ? undefined : await verifyPassword(caller, password, client)
    if (currentHash !== undefined && isPasswordEnough) {
      const lock = freshness.bindPasswordLock(caller, currentHash)
      return { lock, currentHash, refuse: freshness.refuseUnlessFresh(caller, lock, 'password_wrong') }
    }
    const lock = freshness.bindLock(caller)
    return { lock, currentHash, refuse: freshness.refuseUnlessFresh(caller, lock) }
  }
}
