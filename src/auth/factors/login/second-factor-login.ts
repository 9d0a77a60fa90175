import { type BoundStatement, isUndoneBy, NoRowAffected } from '../../../db/bound-statement.ts'
import type { ClientInfo } from '../../../http/client-info.ts'
import { Problem } from '../../../problems/problem.ts'
import { toLookupKey } from '../../accounts/email-addresses.ts'
import { accountStatements } from '../../accounts/statements.ts'
import { createAuditLog } from '../../audit/audit-log.ts'
import { ignoreIfNoRow } from '../../refuse-if-no-row.ts'
import type { TokenPair } from '../../tokens/token-pairs.ts'
import type { UserRow } from '../../user.ts'
import type { SecondFactorLogin } from '../schemas.ts'
import type { FactorServices } from '../services.ts'
import { createFactorAttempts } from '../verification/attempts.ts'
import { type FactorUse, verifyAnswer } from '../verification/verifiers.ts'
import type { SecondFactorChallenge } from './challenges.ts'

/** The first pair of a session. `recoveryCode` takes the place of the one that was used. */
export interface SecondFactorPair extends TokenPair {
  readonly recoveryCode?: string
}

export function createSecondFactorLogin({
  store,
  throttle,
  sessions,
  mails,
  mailLimits,
  verifiers,
  secondFactorChallenges: challenges
}: FactorServices) {
  const { findById } = accountStatements(store)
  const auditLog = createAuditLog(store)
  const attempt = createFactorAttempts(throttle)

  /**
   * Ends a sign-in by a second factor. The session begins in the transaction that uses up the challenge and the factor. Wrong
   * answers are counted twice: for the challenge, which five of them void, and for the account, over all challenges. A new
   * sign-in with the password goes on at once.
   * @returns the first token pair of a new session
   * @throws {Problem} `sign_in_expired`, `second_factor_wrong`, `account_disabled`, `sign_in_throttled`; `validation_failed`
   *   unless there is one answer; those of a passkey that is not good
   */
  async function loginWithSecondFactor(
    { challenge: text, ...answers }: SecondFactorLogin,
    client: ClientInfo
  ): Promise<SecondFactorPair> {
    const challenge = challenges.verify(text)
    const user = await findUser(challenge)
    let isLastTry = false
    const pair = await attempt(user, client, async clearFailures => {
      const use = await verifyAnswer(verifiers, answers, user, client)
      // Counted before anything tells whether the answer is right: parallel guesses cannot pass.
      isLastTry = await challenges.countTry(challenge)
      const started = use && (await start(user, challenge, use, clearFailures, client))
      if (!started) await recordFailure(user, isLastTry, client)
      return started
    })
    if (!pair) throw new Problem('second_factor_wrong', { action: isLastTry ? 'sign-in' : 'second-factor' })
    return pair
  }

  async function findUser({ userId, passwordVersion }: SecondFactorChallenge): Promise<UserRow> {
    const [user] = await findById.execute({ userId })
    if (user?.passwordVersion !== passwordVersion) throw new Problem('sign_in_expired')
    if (user.disabledAt) throw new Problem('account_disabled')
    return user
  }

  /**
   * Begins the session.
   * @returns undefined when another request has used up the factor meanwhile, or before
   * @throws {Problem} `sign_in_expired` when another request has used up the challenge, or the account has changed meanwhile
   */
  async function start(
    { id, username, email, emailVerified, passwordVersion }: UserRow,
    challenge: SecondFactorChallenge,
    { method, useUp, refusal, statements, recoveryCode }: FactorUse,
    clearFailures: BoundStatement,
    client: ClientInfo
  ): Promise<SecondFactorPair | undefined> {
    const user = { id, username, email, emailVerified, passwordVersion }
    const useChallenge = challenges.bindUse(challenge)
    const unblock = throttle.bindUnblock(toLookupKey(email), client.ip)
    return sessions
      .start(user, client, {
        methods: ['password', method],
        statements: [useUp, ...statements, useChallenge, clearFailures, unblock]
      })
      .then(pair => ({ ...pair, ...(recoveryCode !== undefined && { recoveryCode }) }))
      .catch(error => {
        if (isUndoneBy(error, useUp)) {
          if (refusal) throw new Problem(refusal)
          return undefined
        }
        throw hasExpired(error) ? new Problem('sign_in_expired') : error
      })
  }

  /** Writes a wrong answer into the audit log. The last one of a sign-in is told by mail, once a day. */
  async function recordFailure(user: UserRow, isLastTry: boolean, client: ClientInfo): Promise<void> {
    await store.atomically(auditLog.bindEvent(user.id, 'second_factor_failed', client))
    if (!isLastTry) return
    await store
      .atomically(
        mailLimits.bindDailyMark('second_factor_failed', toLookupKey(user.email)),
        mails.bindNotice('second_factor_failed', user, client)
      )
      .catch(ignoreIfNoRow)
  }

  return loginWithSecondFactor
}

/** Whether the challenge was used, or the account is no longer as it was when the password was verified. */
const hasExpired = (error: unknown): boolean =>
  error instanceof NoRowAffected || (error instanceof Problem && error.code === 'invalid_credentials')
