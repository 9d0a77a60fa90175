import { isUndoneBy, mustAffectRow } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { type FieldError, Problem, validationFailed } from '../../problems/problem.ts'
import { toAsciiEmail, toLookupKey } from '../accounts/email-addresses.ts'
import type { CodeAnswer, EmailChange } from '../accounts/schemas.ts'
import type { AccountServices } from '../accounts/services.ts'
import { accountStatements } from '../accounts/statements.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import { assertMailConfigured } from '../mails/assert-configured.ts'
import { REVERT_TTL_MS } from '../mails/mails.ts'
import { createStepUp } from '../reauthentication/step-up.ts'
import { refuseIfNoRow } from '../refuse-if-no-row.ts'
import { getRequiredLevel } from '../sessions/authentication.ts'
import { hashRetryKey } from '../sessions/refresh.ts'
import { sessionStatements } from '../sessions/statements.ts'
import type { ChallengeRow, SessionRow } from '../tables.ts'
import { calculateIdleExpiry, createTokenPairIssuer, type TokenPair } from '../tokens/token-pairs.ts'
import type { Identity, User } from '../user.ts'
import { type ChallengeAnswer, createChallengeRequest } from './challenge-request.ts'
import { emailStatements } from './statements.ts'

const emailTaken: FieldError = { pointer: '/email', detail: 'belongs to another account' }

export function createChangeEmail(services: AccountServices) {
  const { store, config, tokens, challenges, mails, freshness } = services
  const { findById } = accountStatements(store)
  const { findOtherHolder, findHeld, changeEmail, assertNotHeld, keepFormer } = emailStatements(store)
  const { markTokensStale, rotateLive } = sessionStatements(store)
  const auditLog = createAuditLog(store)
  const stepUp = createStepUp(services)
  const requestChallenge = createChallengeRequest(services)
  const issueTokenPair = createTokenPairIssuer(tokens, config)

  /**
   * Begins a change of the e-mail: a code goes to the new address, and nothing has changed yet. Whether another account has
   * the address is found out when the mail is sent, so the answer does not tell.
   * @throws {Problem} `reauthentication_required`; `password_wrong`, `sign_in_throttled`, `mail_throttled`, `too_many_tries` or
   *   `mail_not_configured`; `validation_failed` for the present address; `access_token_revoked` when the session has ended
   *   meanwhile
   */
  async function requestEmailChange(
    caller: Identity,
    { currentPassword, ...rest }: EmailChange,
    client: ClientInfo
  ): Promise<ChallengeAnswer> {
    assertMailConfigured(mails)
    const email = toAsciiEmail(rest.email)
    const { lock, refuse } = await stepUp(caller, currentPassword, client)
    if (toLookupKey(email) === toLookupKey(caller.email))
      throw validationFailed({ pointer: '/email', detail: 'is the address that the account has' })
    return requestChallenge(
      'email_change_code',
      { purpose: 'email_change', subject: caller.id, userId: caller.id, username: caller.username, email },
      client.ip,
      [lock]
    ).catch(refuse)
  }

  /**
   * Changes the e-mail by the code. Other access tokens of the account become stale. The old address is told, with a link
   * that puts it back.
   * @param idempotencyKey lets a refresh of the present pair with the same key get the new pair when the answer was lost
   * @returns a new pair for the caller's session
   * @throws {Problem} as a check of a code does; `already_taken` when another account has the address by now;
   *   `reauthentication_required` when the account has got a second factor since; `access_token_revoked` when the session has
   *   ended meanwhile
   */
  async function confirmEmailChange(
    caller: Identity,
    answer: CodeAnswer,
    client: ClientInfo,
    idempotencyKey?: string
  ): Promise<TokenPair> {
    assertMailConfigured(mails)
    const challenge = await challenges.check(
      answer,
      ({ purpose, userId }) => purpose === 'email_change' && userId === caller.id
    )
    const now = store.now()
    const rotation = mustAffectRow(
      rotateLive.bind({
        id: caller.sessionId,
        userId: caller.id,
        now,
        idleExpiresAt: calculateIdleExpiry(now, config),
        retryKeyHash: hashRetryKey(idempotencyKey)
      })
    )
    const { user, session } = await changeByChallenge(
      challenge,
      caller.id,
      client,
      caller.assuranceLevel,
      rotation
    )
    return issueTokenPair(session as SessionRow, user, now)
  }

  /**
   * Uses a challenge that was checked. What was begun with the password alone must not end once the account asks for more.
   * @param level at which the user has authenticated
   * @param rotation moves the caller's session on, where there is one
   */
  async function changeByChallenge(
    challenge: ChallengeRow,
    userId: string,
    client: ClientInfo,
    level: number = 1,
    ...rotation: readonly ReturnType<typeof rotateLive.bind>[]
  ): Promise<{ user: User; session: SessionRow | undefined }> {
    const [present] = await findById.execute({ userId })
    if (!present) throw new Problem('challenge_expired')
    const { email } = challenge
    const emailKey = toLookupKey(email)
    const now = store.now()
    const params = { userId, email, emailKey, emailVersion: present.emailVersion, level, now }
    const formerId = store.newId()
    const [, [user], , , , , , [session] = []] = await store
      .atomically(
        challenges.bindUse(challenge),
        mustAffectRow(changeEmail.bind(params)),
        mustAffectRow(assertNotHeld.bind(params)),
        keepFormer.bind({
          id: formerId,
          userId,
          email: present.email,
          emailKey: present.emailKey,
          expiresAt: new Date(now.getTime() + REVERT_TTL_MS)
        }),
        auditLog.bindEvent(userId, 'email_changed', client),
        markTokensStale.bind({ userId }),
        mails.bindNotice('email_changed', present, client, { linkId: formerId, newEmail: email }),
        ...rotation
      )
      .catch(async error => {
        const isRevoked = isUndoneBy(error, ...rotation)
        if (isRevoked) throw new Problem('access_token_revoked')
        await assertLevel(userId, level)
        // Each engine reports a taken address in its own way.
        await assertEmailFree(params)
        return refuseIfNoRow('challenge_expired')(error)
      })
    return { user: user as User, session }
  }

  async function assertLevel(userId: string, level: number): Promise<void> {
    const users = await findById.execute({ userId })
    if (users.some(user => level < getRequiredLevel(user)))
      throw freshness.createProblem({ requiredLevel: 2 })
  }

  async function assertEmailFree(params: { userId: string; emailKey: string; now: Date }): Promise<void> {
    const holders = [...(await findOtherHolder.execute(params)), ...(await findHeld.execute(params))]
    if (holders.length > 0) throw new Problem('already_taken', { errors: [emailTaken] })
  }

  return { requestEmailChange, confirmEmailChange, changeByChallenge }
}
