import { type BoundStatement, isUndoneBy } from '../../db/bound-statement.ts'
import { toLookupKey } from '../accounts/email-addresses.ts'
import type { AccountServices } from '../accounts/services.ts'
import type { ChallengeSubject, NewChallenge } from '../challenges/challenges.ts'
import { assertMailConfigured } from '../mails/assert-configured.ts'
import type { CodeKind } from '../mails/mails.ts'

/** What a client needs to answer a challenge. `expiresIn` is in seconds. */
export type ChallengeAnswer = Pick<NewChallenge, 'challengeId' | 'expiresIn'>

export function createChallengeRequest({
  store,
  mails,
  mailLimits,
  challenges
}: Pick<AccountServices, 'store' | 'mails' | 'mailLimits' | 'challenges'>) {
  /**
   * Makes a challenge and has its code mailed: one transaction with the counts of its limits.
   * @param ip the address of the client; undefined when its network does not count
   * @param preconditions statements that must hold for the challenge to be made
   * @throws {Problem} `mail_not_configured`, `mail_throttled` or `too_many_tries`
   */
  return async function requestChallenge(
    kind: CodeKind,
    subject: ChallengeSubject,
    ip: string | undefined,
    preconditions: readonly BoundStatement[] = []
  ): Promise<ChallengeAnswer> {
    assertMailConfigured(mails)
    const emailKey = toLookupKey(subject.email)
    const limits = mailLimits.prepareCounts({ kind, emailKey, ip })
    const { statement, ...answer } = challenges.prepareChallenge(subject)
    await store
      .atomically(
        ...preconditions,
        ...limits.statements,
        statement,
        mails.bindCode(kind, subject, answer.challengeId)
      )
      .catch(async error => {
        if (isUndoneBy(error, statement))
          throw await challenges.explainNoTryFor(subject.purpose, subject.subject)
        return limits.explain(error)
      })
    return answer
  }
}
