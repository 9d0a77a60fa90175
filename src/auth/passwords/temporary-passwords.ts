import { mustAffectRow } from '../../db/engine.ts'
import type { Store } from '../../db/store.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import { refuseIfNoRow } from '../refuse-if-no-row.ts'
import type { UserRow } from '../user.ts'
import type { PasswordHasher } from './password-hasher.ts'
import { assertNotGuessable, assertPasswordChanges } from './policy.ts'
import { passwordStatements } from './statements.ts'

/** Milliseconds for which a user can exchange a password that an operator has set: 7 days. */
export const TEMPORARY_PASSWORD_TTL_MS = 604_800_000

/** The password that was verified, and the password that the user wants instead. */
interface PasswordExchange {
  readonly password: string
  readonly newPassword?: string | undefined
}

/** Exchanges passwords that an operator has set. Each is good for one exchange (OWASP ASVS 6.4.1). */
export function createTemporaryPasswordExchange(store: Store, passwordHasher: PasswordHasher) {
  const { replaceHash } = passwordStatements(store)
  const auditLog = createAuditLog(store)

  /**
   * Replaces a temporary password, which was verified before, by the user's new one.
   * @returns the user with the new hash and version
   * @throws {Problem} `password_expired`; `password_change_required` without a new password; `validation_failed` for a new
   *   password that is easy to guess or not new; `invalid_credentials` when another request was first; `overloaded`
   */
  return async function exchangeTemporaryPassword(
    user: UserRow,
    { password, newPassword }: PasswordExchange,
    client: ClientInfo
  ) {
    if (user.passwordExpiresAt && user.passwordExpiresAt <= store.now()) throw new Problem('password_expired')
    if (newPassword === undefined) throw new Problem('password_change_required')
    assertNotGuessable(newPassword, user, '/newPassword')
    assertPasswordChanges(newPassword, password)

    const passwordHash = await passwordHasher.hash(newPassword)
    const params = { userId: user.id, currentHash: user.passwordHash, passwordHash }
    const [[replaced]] = await store
      .atomically(
        mustAffectRow(replaceHash.bind(params)),
        auditLog.bindEvent(user.id, 'password_changed', client)
      )
      .catch(refuseIfNoRow('invalid_credentials'))
    return { ...user, passwordHash, ...replaced }
  }
}
