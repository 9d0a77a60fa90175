import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { toLookupKey } from '../accounts/email-addresses.ts'
import type { AccountServices } from '../accounts/services.ts'
import { passwordStatements } from '../passwords/statements.ts'
import type { Identity } from '../user.ts'

/** Asks a signed-in user for the password again: an access token alone can neither take an account over nor guess. */
export function createVerifyPassword({
  store,
  passwordHasher,
  throttle
}: Pick<AccountServices, 'store' | 'passwordHasher' | 'throttle'>) {
  const { findHash } = passwordStatements(store)

  /**
   * @returns the hash of the password
   * @throws {Problem} `password_wrong`, `sign_in_throttled` or `overloaded`
   */
  return async function verifyPassword(
    { id, email }: Identity,
    password: string,
    client: ClientInfo
  ): Promise<string> {
    const passwordHash = await throttle.attempt(toLookupKey(email), client.ip, async clearFailures => {
      const [user] = await findHash.execute({ userId: id })
      if ((await passwordHasher.verify(password, user?.passwordHash)) === 'wrong') return undefined
      await store.atomically(clearFailures)
      return user?.passwordHash
    })
    if (passwordHash === undefined) throw new Problem('password_wrong')
    return passwordHash
  }
}
