import type { Config } from '../../config/config.ts'
import { mustAffectRow, NoRowAffected } from '../../db/engine.ts'
import type { Store } from '../../db/store.ts'
import { Problem, validationFailed } from '../../problems/problem.ts'
import { count } from '../../process/counters.ts'
import { type ClientInfo, createAuditLog } from '../audit/audit-log.ts'
import { sessionsEnded } from '../counters.ts'
import type { PasswordHasher } from '../passwords/password-hasher.ts'
import { assertNotGuessable, assertPasswordChanges } from '../passwords/policy.ts'
import { hashRetryKey } from '../sessions/refresh.ts'
import { type Identity, toRevokedIfNoRow } from '../sessions/sessions.ts'
import { sessionStatements } from '../sessions/statements.ts'
import type { SessionRow } from '../tables.ts'
import type { Throttle } from '../throttling/throttle.ts'
import {
  calculateIdleExpiry,
  createTokenPairIssuer,
  type TokenPair,
  type Tokens
} from '../tokens/token-pairs.ts'
import type { User } from '../user.ts'
import { toLookupKey } from './emails.ts'
import { accountStatements } from './statements.ts'
import { usernameTaken } from './users.ts'

export interface PasswordChange {
  readonly currentPassword: string
  readonly newPassword: string
  readonly endOtherSessions?: boolean
  /** Should the answer be lost, a refresh of the present pair with this key gets the new one. */
  readonly idempotencyKey?: string | undefined
}

/** Removes what other features have of a user. */
export type RemoveUserRows = (store: Store, userId: string) => Promise<void>

/** What the owner of an account does with it, besides signing in. */
export function createAccounts(
  store: Store,
  passwordHasher: PasswordHasher,
  { attempt }: Throttle,
  tokens: Tokens,
  config: Config,
  removeUserRows: RemoveUserRows
) {
  const statements = accountStatements(store)
  const {
    findPasswordHash: currentHash,
    findUsernameHolders: nameHolders,
    updateUsername: rename,
    updatePasswordHash: changePassword,
    markTokensStale: makeStale,
    endOtherSessions: endOthers,
    rotateSession: rotate
  } = statements
  const { deleteUser: remove } = statements
  const { lockLive: hold, endAll } = sessionStatements(store)
  const auditLog = createAuditLog(store)
  const issueTokenPair = createTokenPairIssuer(tokens, config)

  /**
   * Asks for the password once more: an access token alone must not be able to take an account over, nor to guess.
   * @returns its hash
   */
  async function verifyPassword(
    { id, email }: Identity,
    password: string,
    client: ClientInfo
  ): Promise<string> {
    const passwordHash = await attempt(toLookupKey(email), client.ip, async clearFailures => {
      const [user] = await currentHash.execute({ userId: id })
      if ((await passwordHasher.verify(password, user?.passwordHash)) === 'wrong') return undefined
      await store.atomically(clearFailures)
      return user?.passwordHash
    })
    if (passwordHash === undefined) throw new Problem('password_wrong')
    return passwordHash
  }

  /**
   * Refuses a user name that is the present password, or would be but for its case. Each try counts as one at guessing, by
   * itself and not as a sign-in, for the answer tells whether it was right.
   * @throws {Problem} `validation_failed`, `sign_in_throttled` or `overloaded`
   */
  async function assertUsernameIsNotPassword(
    { id }: Identity,
    username: string,
    client: ClientInfo
  ): Promise<void> {
    const isPassword = await attempt(`rename ${id}`, client.ip, async () => {
      const [user] = await currentHash.execute({ userId: id })
      for (const variant of toCaseVariants(username))
        if ((await passwordHasher.verify(variant, user?.passwordHash)) !== 'wrong') return true
      return undefined
    })
    if (isPassword)
      throw validationFailed({ pointer: '/username', detail: 'is your password; choose another name' })
  }

  return {
    /**
     * Gives the account another user name.
     * @throws {Problem} `already_taken`; `validation_failed` for one that is the password; `access_token_revoked` when the
     *   session has ended meanwhile; `sign_in_throttled` or `overloaded`
     */
    async changeUsername(caller: Identity, username: string, client: ClientInfo): Promise<User> {
      const params = { userId: caller.id, username, usernameKey: toLookupKey(username) }
      const assertUsernameFree = async () => {
        if ((await nameHolders.execute(params)).length > 0)
          throw new Problem('already_taken', { errors: [usernameTaken] })
      }
      await assertUsernameFree()
      await assertUsernameIsNotPassword(caller, username, client)
      const sessionLock = hold.bind({ id: caller.sessionId, userId: caller.id, now: store.now() })
      // Somebody else may take it in between; then the database refuses, in whatever words.
      const [[user]] = await store
        .atomically(rename.bind(params), mustAffectRow(sessionLock))
        .catch(async error => {
          if (!(error instanceof NoRowAffected)) await assertUsernameFree()
          throw toRevokedIfNoRow(error)
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
    async changePassword(caller: Identity, change: PasswordChange, client: ClientInfo): Promise<TokenPair> {
      const { currentPassword, newPassword } = change
      assertNotGuessable(newPassword, caller, '/newPassword')
      const present = await verifyPassword(caller, currentPassword, client)
      assertPasswordChanges(newPassword, currentPassword)
      const passwordHash = await passwordHasher.hash(newPassword)
      // Not before: the new pair lives from here on, and hashing may have had to wait.
      const now = store.now()
      const params = {
        userId: caller.id,
        sessionId: caller.sessionId,
        present,
        passwordHash,
        now,
        idleExpiresAt: calculateIdleExpiry(now, config),
        retryKeyHash: hashRetryKey(change.idempotencyKey)
      }
      const hashUpdate = mustAffectRow(changePassword.bind(params))
      const [, , [session], ended = []] = await store
        .atomically(
          hashUpdate,
          makeStale.bind(params),
          mustAffectRow(rotate.bind(params)),
          ...(change.endOtherSessions ? [endOthers.bind(params)] : [])
        )
        .catch(error => {
          // Another change came in between: the password given is no longer the current one.
          if (error instanceof NoRowAffected && error.statement === hashUpdate)
            throw new Problem('password_wrong')
          throw toRevokedIfNoRow(error)
        })
      await store.atomically(
        auditLog.step(caller.id, 'password_changed', client, { sessionId: caller.sessionId }),
        ...auditLog.endings(ended, caller.id, 'password_changed', client)
      )
      return issueTokenPair(session as SessionRow, caller, now)
    },

    /**
     * Removes an account and all that is its own. Its sessions end first. What features have of it goes in batches, so that
     * others do not wait; cut off in between, it can be asked for again.
     * @throws {Problem} `password_wrong`, `sign_in_throttled` or `overloaded`; `access_token_revoked` when the session has
     *   ended meanwhile
     */
    async deleteAccount(caller: Identity, password: string, client: ClientInfo): Promise<void> {
      await verifyPassword(caller, password, client)
      const userId = caller.id
      const params = { userId, now: store.now(), reason: 'account_deleted' }
      const [, ended] = await store
        .atomically(mustAffectRow(hold.bind({ ...params, id: caller.sessionId })), endAll.bind(params))
        .catch(error => {
          throw toRevokedIfNoRow(error)
        })
      count(store.counters.get(sessionsEnded), 'account_deleted', ended.length)
      await removeUserRows(store, userId)
      await remove.execute({ userId })
      // It is done already. What cannot be scrubbed now is left to the janitor.
      await store.eraseDeleted?.().catch(() => {})
    }
  }
}

/** What a guesser makes of a name first. */
const toCaseVariants = (name: string): ReadonlySet<string> => {
  const lower = name.toLowerCase()
  return new Set([name, lower, name.toUpperCase(), lower.charAt(0).toUpperCase() + lower.slice(1)])
}

export type Accounts = ReturnType<typeof createAccounts>
