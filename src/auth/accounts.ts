import type { Config } from '../config.ts'
import { count } from '../counters.ts'
import type { Store } from '../db/store.ts'
import { Problem } from '../errors.ts'
import { accountStatements } from './account-statements.ts'
import { type Device, eventsOf } from './events.ts'
import { refuseGuessable } from './password-policy.ts'
import type { Passwords } from './passwords.ts'
import { retryKeyHashOf } from './refresh.ts'
import { sessionStatements } from './session-statements.ts'
import type { Identity } from './sessions.ts'
import type { Throttle } from './throttle.ts'
import { idleExpiryOf, type TokenPair, type Tokens, tokenPairsOf } from './token-pairs.ts'
import { keyOf } from './users.ts'

export interface PasswordChange {
  readonly currentPassword: string
  readonly newPassword: string
  readonly endOtherSessions?: boolean
  /** Should the answer be lost, a refresh of the present pair with this key gets the new one. */
  readonly idempotencyKey?: string | undefined
}

/** Todos that are removed at a time: few enough for other requests to go in between. */
const BATCH = 500

/** What the owner of an account does with it, besides signing in. */
export function accountsOf(
  store: Store,
  passwords: Passwords,
  { attempt }: Throttle,
  tokens: Tokens,
  config: Config
) {
  const { currentHash, changePassword, makeStale, endOthers, rotate, removeTodos, remove } =
    accountStatements(store)
  const { endAll } = sessionStatements(store)
  const events = eventsOf(store)
  const issue = tokenPairsOf(tokens, config)

  /**
   * Asks for the password once more: an access token alone must not be able to take an account over, nor to guess.
   * @returns its hash
   */
  async function verify({ id, email }: Identity, password: string, device: Device): Promise<string> {
    const present = await attempt(keyOf(email), device.ip, async forgiving => {
      const [user] = await currentHash.execute({ userId: id })
      if (!(await passwords.matches(password, user?.passwordHash))) return undefined
      await store.atomically(forgiving)
      return user?.passwordHash
    })
    if (present === undefined) throw new Problem('password_wrong')
    return present
  }

  return {
    /**
     * Sets a new password. All access tokens are stale from then on, while the sessions go on: each gets a new one by
     * refreshing, even before the old one has expired. Other sessions end on demand.
     * @returns a new pair for the caller's session
     * @throws {Problem} `password_wrong`, `sign_in_throttled` or `overloaded`; `validation_failed` for a new password that
     *   is easily guessed
     */
    async changePassword(caller: Identity, change: PasswordChange, device: Device): Promise<TokenPair> {
      const present = await verify(caller, change.currentPassword, device)
      refuseGuessable(change.newPassword, caller, '/newPassword')
      const passwordHash = await passwords.hash(change.newPassword)
      // Not before: the new pair lives from here on, and hashing may have had to wait.
      const now = store.now()
      const values = {
        userId: caller.id,
        sessionId: caller.sessionId,
        present,
        passwordHash,
        now,
        idleExpiresAt: idleExpiryOf(now, config),
        retryKeyHash: retryKeyHashOf(change.idempotencyKey)
      }
      const [changed, , [session], ended = []] = await store.atomically(
        changePassword.with(values),
        makeStale.with(values),
        rotate.with(values),
        ...(change.endOtherSessions ? [endOthers.with(values)] : [])
      )
      // Another change came in between: the password given is no longer the current one.
      if (changed.length === 0) throw new Problem('password_wrong')
      await store.atomically(
        events.step(caller.id, 'password_changed', device, { sessionId: caller.sessionId }),
        ...events.endings(ended, caller.id, 'password_changed', device)
      )
      if (!session) throw new Problem('access_token_revoked')
      return issue(session, caller, now)
    },

    /**
     * Removes an account and all that is its own. Its sessions end first, and todos go in batches, so that others do not
     * wait; cut off in between, it can be asked for again.
     * @throws {Problem} `password_wrong`, `sign_in_throttled` or `overloaded`
     */
    async remove(caller: Identity, password: string, device: Device): Promise<void> {
      await verify(caller, password, device)
      const userId = caller.id
      const ended = await endAll.execute({ userId, now: store.now(), reason: 'account_deleted' })
      count(store.counters.sessionsEnded, 'account_deleted', ended.length)
      for (let gone = BATCH; gone === BATCH; )
        gone = (await removeTodos.execute({ userId, batch: BATCH })).length
      await remove.execute({ userId })
    }
  }
}

export type Accounts = ReturnType<typeof accountsOf>
