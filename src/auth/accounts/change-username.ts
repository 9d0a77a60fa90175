import { mustAffectRow, NoRowAffected } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem, validationFailed } from '../../problems/problem.ts'
import { passwordStatements } from '../passwords/statements.ts'
import { refuseIfNoRow } from '../refuse-if-no-row.ts'
import { usernameTaken } from '../registration/insert-user.ts'
import { sessionStatements } from '../sessions/statements.ts'
import type { Identity, User } from '../user.ts'
import { toLookupKey } from './email-addresses.ts'
import type { AccountServices } from './services.ts'
import { accountStatements } from './statements.ts'

export function createChangeUsername({
  store,
  passwordHasher,
  throttle
}: Pick<AccountServices, 'store' | 'passwordHasher' | 'throttle'>) {
  const { findUsernameHolders, updateUsername } = accountStatements(store)
  const { findHash } = passwordStatements(store)
  const { lockLive } = sessionStatements(store)

  /**
   * Gives the account another user name.
   * @returns the account with its new name
   * @throws {Problem} `already_taken`; `validation_failed` for a name that is the password; `access_token_revoked` when the
   *   session has ended meanwhile; `sign_in_throttled` or `overloaded`
   */
  async function changeUsername(caller: Identity, username: string, client: ClientInfo): Promise<User> {
    const params = { userId: caller.id, username, usernameKey: toLookupKey(username) }
    await assertUsernameFree(params)
    await assertUsernameIsNotPassword(caller, username, client)
    const sessionLock = lockLive.bind({ id: caller.sessionId, userId: caller.id, now: store.now() })
    const [[user]] = await store
      .atomically(updateUsername.bind(params), mustAffectRow(sessionLock))
      .catch(async error => {
        // Another account may have taken the name after the first check. Each engine reports that in its own way.
        if (!(error instanceof NoRowAffected)) await assertUsernameFree(params)
        return refuseIfNoRow('access_token_revoked')(error)
      })
    return user as User
  }

  async function assertUsernameFree(params: { userId: string; usernameKey: string }): Promise<void> {
    if ((await findUsernameHolders.execute(params)).length > 0)
      throw new Problem('already_taken', { errors: [usernameTaken] })
  }

  /**
   * Refuses a user name that is the present password in any common case. The refusal confirms a guess, so each try counts
   * as one, apart from the sign-ins.
   */
  async function assertUsernameIsNotPassword(
    { id }: Identity,
    username: string,
    client: ClientInfo
  ): Promise<void> {
    const isPassword = await throttle.attempt(`rename ${id}`, client.ip, async () => {
      const [user] = await findHash.execute({ userId: id })
      for (const variant of toCaseVariants(username))
        if ((await passwordHasher.verify(variant, user?.passwordHash)) !== 'wrong') return true
      return undefined
    })
    if (isPassword)
      throw validationFailed({ pointer: '/username', detail: 'is your password; choose another name' })
  }

  return changeUsername
}

/** The spellings of a name that are guessed first. */
const toCaseVariants = (name: string): ReadonlySet<string> => {
  const lower = name.toLowerCase()
  return new Set([name, lower, name.toUpperCase(), lower.charAt(0).toUpperCase() + lower.slice(1)])
}
