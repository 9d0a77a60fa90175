import { mustAffectRow } from '../../db/bound-statement.ts'
import type { AccountServices } from '../accounts/services.ts'
import { passwordStatements } from '../passwords/statements.ts'
import type { TakeProof } from './proofs.ts'
import { createVerifyPassword } from './verify-password.ts'

/** Creates the proof by password. A password that was replaced meanwhile counts as wrong. */
export function createPasswordProof(
  services: Pick<AccountServices, 'store' | 'passwordHasher' | 'throttle'>
): TakeProof {
  const { lockUnchanged } = passwordStatements(services.store)
  const verifyPassword = createVerifyPassword(services)

  return function takePassword({ password }) {
    if (password === undefined) return undefined
    return {
      method: 'password',
      async verify(caller, client) {
        const currentHash = await verifyPassword(caller, password, client)
        return { statements: [mustAffectRow(lockUnchanged.bind({ userId: caller.id, currentHash }))] }
      },
      refusal: 'password_wrong'
    }
  }
}
