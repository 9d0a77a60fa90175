import type { Config } from '../config.ts'
import { count } from '../counters.ts'
import { required, StepMissed } from '../db/engine.ts'
import type { SessionRow } from '../db/schema.ts'
import type { Store } from '../db/store.ts'
import { invalid, Problem } from '../errors.ts'
import { accountStatements } from './account-statements.ts'
import { keyOf } from './emails.ts'
import { type Device, eventsOf } from './events.ts'
import { refuseGuessable, refusePresent } from './password-policy.ts'
import type { Passwords } from './passwords.ts'
import { retryKeyHashOf } from './refresh.ts'
import { sessionStatements } from './session-statements.ts'
import { type Identity, revokedIfMissed } from './sessions.ts'
import type { Throttle } from './throttle.ts'
import { idleExpiryOf, type TokenPair, type Tokens, tokenPairsOf } from './token-pairs.ts'
import { nameTaken, type User } from './users.ts'

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
  const statements = accountStatements(store)
  const { currentHash, nameHolders, rename, changePassword, makeStale, endOthers, rotate } = statements
  const { removeTodos, remove } = statements
  const { hold, endAll } = sessionStatements(store)
  const events = eventsOf(store)
  const issue = tokenPairsOf(tokens, config)

  /**
   * Asks for the password once more: an access token alone must not be able to take an account over, nor to guess.
   * @returns its hash
   */
  async function verify({ id, email }: Identity, password: string, device: Device): Promise<string> {
    const present = await attempt(keyOf(email), device.ip, async forgiving => {
      const [user] = await currentHash.execute({ userId: id })
      if ((await passwords.verify(password, user?.passwordHash)) === 'wrong') return undefined
      await store.atomically(forgiving)
      return user?.passwordHash
    })
    if (present === undefined) throw new Problem('password_wrong')
    return present
  }

  /**
   * Refuses a user name that is the present password, or would be but for its case. Each try counts as one at guessing, by
   * itself and not as a sign-in, for the answer tells whether it was right.
   * @throws {Problem} `validation_failed`, `sign_in_throttled` or `overloaded`
   */
  async function refusePassword({ id }: Identity, username: string, device: Device): Promise<void> {
    const isPassword = await attempt(`rename ${id}`, device.ip, async () => {
      const [user] = await currentHash.execute({ userId: id })
      for (const name of caseVariantsOf(username))
        if ((await passwords.verify(name, user?.passwordHash)) !== 'wrong') return true
      return undefined
    })
    if (isPassword) throw invalid({ pointer: '/username', detail: 'is your password; choose another name' })
  }

  return {
    /**
     * Gives the account another user name.
     * @throws {Problem} `already_taken`; `validation_failed` for one that is the password; `access_token_revoked` when the
     *   session has ended meanwhile; `sign_in_throttled` or `overloaded`
     */
    async rename(caller: Identity, username: string, device: Device): Promise<User> {
      const name = { userId: caller.id, username, usernameKey: keyOf(username) }
      const refuseTaken = async () => {
        if ((await nameHolders.execute(name)).length > 0)
          throw new Problem('already_taken', { errors: [nameTaken] })
      }
      await refuseTaken()
      await refusePassword(caller, username, device)
      const alive = hold.with({ id: caller.sessionId, userId: caller.id, now: store.now() })
      // Somebody else may take it in between; then the database refuses, in whatever words.
      const [[user]] = await store.atomically(rename.with(name), required(alive)).catch(async error => {
        if (!(error instanceof StepMissed)) await refuseTaken()
        throw revokedIfMissed(error)
      })
      return user as User
    },

    /**
     * Sets a new password. All access tokens are stale from then on, while the sessions go on: each gets a new one by
     * refreshing, even before the old one has expired. Other sessions end on demand.
     * @returns a new pair for the caller's session
     * @throws {Problem} `password_wrong`, `sign_in_throttled` or `overloaded`; `validation_failed` for a new password that
     *   is easily guessed, or the present one; `access_token_revoked` when the session has ended meanwhile
     */
    async changePassword(caller: Identity, change: PasswordChange, device: Device): Promise<TokenPair> {
      const { currentPassword, newPassword } = change
      refuseGuessable(newPassword, caller, '/newPassword')
      const present = await verify(caller, currentPassword, device)
      refusePresent(newPassword, currentPassword)
      const passwordHash = await passwords.hash(newPassword)
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
      const set = required(changePassword.with(values))
      const [, , [session], ended = []] = await store
        .atomically(
          set,
          makeStale.with(values),
          required(rotate.with(values)),
          ...(change.endOtherSessions ? [endOthers.with(values)] : [])
        )
        .catch(error => {
          // Another change came in between: the password given is no longer the current one.
          if (error instanceof StepMissed && error.step === set) throw new Problem('password_wrong')
          throw revokedIfMissed(error)
        })
      await store.atomically(
        events.step(caller.id, 'password_changed', device, { sessionId: caller.sessionId }),
        ...events.endings(ended, caller.id, 'password_changed', device)
      )
      return issue(session as SessionRow, caller, now)
    },

    /**
     * Removes an account and all that is its own. Its sessions end first, and todos go in batches, so that others do not
     * wait; cut off in between, it can be asked for again.
     * @throws {Problem} `password_wrong`, `sign_in_throttled` or `overloaded`; `access_token_revoked` when the session has
     *   ended meanwhile
     */
    async remove(caller: Identity, password: string, device: Device): Promise<void> {
      await verify(caller, password, device)
      const userId = caller.id
      const ending = { userId, now: store.now(), reason: 'account_deleted' }
      const [, ended] = await store
        .atomically(required(hold.with({ ...ending, id: caller.sessionId })), endAll.with(ending))
        .catch(error => {
          throw revokedIfMissed(error)
        })
      count(store.counters.sessionsEnded, 'account_deleted', ended.length)
      for (let gone = BATCH; gone === BATCH; )
        gone = (await removeTodos.execute({ userId, batch: BATCH })).length
      await remove.execute({ userId })
      // It is done already. What cannot be scrubbed now is left to the janitor.
      await store.scrub?.().catch(() => {})
    }
  }
}

/** What a guesser makes of a name first. */
const caseVariantsOf = (name: string): ReadonlySet<string> => {
  const lower = name.toLowerCase()
  return new Set([name, lower, name.toUpperCase(), lower.charAt(0).toUpperCase() + lower.slice(1)])
}

export type Accounts = ReturnType<typeof accountsOf>
