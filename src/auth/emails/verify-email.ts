import { mustAffectRow } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { toLookupKey } from '../accounts/email-addresses.ts'
import type { CodeAnswer } from '../accounts/schemas.ts'
import type { AccountServices } from '../accounts/services.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import { assertMailConfigured } from '../mails/assert-configured.ts'
import { refuseIfNoRow } from '../refuse-if-no-row.ts'
import type { ChallengeRow } from '../tables.ts'
import type { Identity, User } from '../user.ts'
import { type ChallengeAnswer, createChallengeRequest } from './challenge-request.ts'
import { emailStatements } from './statements.ts'

export function createVerifyEmail(
  services: Pick<AccountServices, 'store' | 'mails' | 'mailLimits' | 'challenges'>
) {
  const { store, mails, challenges } = services
  const { verify } = emailStatements(store)
  const auditLog = createAuditLog(store)
  const requestChallenge = createChallengeRequest(services)

  /**
   * Has a code mailed that shows that mail to the account's address arrives.
   * @throws {Problem} `mail_not_configured`, `mail_throttled` or `too_many_tries`
   */
  async function requestVerification(
    { id, username, email }: Identity,
    client: ClientInfo
  ): Promise<ChallengeAnswer> {
    return requestChallenge(
      'verification_code',
      { purpose: 'verification', subject: id, userId: id, username, email },
      client.ip
    )
  }

  /**
   * Confirms the account's address by the code.
   * @throws {Problem} as a check of a code does; `challenge_expired` when the address has changed meanwhile
   */
  async function confirmVerification(
    caller: Identity,
    answer: CodeAnswer,
    client: ClientInfo
  ): Promise<User> {
    assertMailConfigured(mails)
    const challenge = await challenges.check(
      answer,
      ({ purpose, userId }) => purpose === 'verification' && userId === caller.id
    )
    return verifyByChallenge(challenge, caller.id, client)
  }

  /** Uses a challenge that was checked. */
  async function verifyByChallenge(
    challenge: ChallengeRow,
    userId: string,
    client: ClientInfo
  ): Promise<User> {
    const emailKey = toLookupKey(challenge.email)
    const [, [user]] = await store
      .atomically(
        challenges.bindUse(challenge),
        mustAffectRow(verify.bind({ userId, emailKey })),
        auditLog.bindEvent(userId, 'email_verified', client)
      )
      .catch(refuseIfNoRow('challenge_expired'))
    return user as User
  }

  return { requestVerification, confirmVerification, verifyByChallenge }
}
