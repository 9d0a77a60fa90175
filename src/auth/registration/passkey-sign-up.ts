import { Problem } from '../../problems/problem.ts'
import { toAsciiEmail } from '../accounts/email-addresses.ts'
import type { AccountServices } from '../accounts/services.ts'
import type { SignUpOwner } from '../passkeys/schemas.ts'
import { createInsertUser } from './insert-user.ts'

export function createPasskeySignUp({
  store,
  config,
  ceremonies
}: Pick<AccountServices, 'store' | 'config' | 'ceremonies'>) {
  const { findConflicts } = createInsertUser(store)

  /**
   * Begins the making of a passkey with which an account is to begin. Nothing is written. Where everybody may register, names that
   * are taken are refused here, before there is a passkey that no account will have.
   * @throws {Problem} `passkeys_not_configured`, `sign_up_closed` or `already_taken`
   */
  return async function createSignUpOptions({ username, ...rest }: SignUpOwner) {
    ceremonies.getConfig()
    if (config.signUp === 'closed') throw new Problem('sign_up_closed')
    const owner = { username, email: toAsciiEmail(rest.email) }
    const conflicts = config.signUp === 'open' ? await findConflicts(owner) : []
    if (conflicts.length > 0) throw new Problem('already_taken', { errors: conflicts })
    return ceremonies.createSignUpOptions(owner)
  }
}
