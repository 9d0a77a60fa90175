import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { toLookupKey } from '../accounts/email-addresses.ts'
import type { CodeAnswer } from '../accounts/schemas.ts'
import type { AccountServices } from '../accounts/services.ts'
import { accountStatements } from '../accounts/statements.ts'
import type { ChallengePurpose } from '../challenges/purposes.ts'
import { assertMailConfigured } from '../mails/assert-configured.ts'
import { createVerifiedRegistration } from '../registration/verified-registration.ts'
import type { ChallengeRow } from '../tables.ts'
import { createChangeEmail } from './change-email.ts'
import { createVerifyEmail } from './verify-email.ts'

export interface ConfirmedEmail {
  readonly purpose: ChallengePurpose
  readonly email: string
}

/** Confirms an address for people who have no app at hand. */
export function createConfirmWithPassword(services: AccountServices) {
  const { store, mails, challenges, passwordHasher, throttle } = services
  const { findById } = accountStatements(store)
  const { verifyByChallenge } = createVerifyEmail(services)
  const { changeByChallenge } = createChangeEmail(services)
  const { registerByChallenge } = createVerifiedRegistration(services)

  /**
   * Does what the code of a challenge confirms, without a session. The password stands in for the session: whoever merely reads
   * the mail may be a stranger whose address was typed by mistake, or the victim of one who registers with another's address.
   * @throws {Problem} as a check of a code and as the confirmations do; `password_wrong`, `account_disabled`,
   *   `sign_in_throttled` or `overloaded`
   */
  return async function confirmWithPassword(
    { password, ...answer }: CodeAnswer & { readonly password: string },
    client: ClientInfo
  ): Promise<ConfirmedEmail> {
    assertMailConfigured(mails)
    const challenge = await challenges.check(answer, ({ purpose }) => purpose !== 'invitation')
    await verifyPassword(challenge, password, client)
    const { purpose, userId, email } = challenge
    if (userId === null) await registerByChallenge(challenge)
    else if (purpose === 'email_change') await changeByChallenge(challenge, userId, client)
    else await verifyByChallenge(challenge, userId, client)
    return { purpose, email }
  }

  async function verifyPassword(
    { userId, email, passwordHash }: ChallengeRow,
    password: string,
    client: ClientInfo
  ): Promise<void> {
    const [user] = userId === null ? [] : await findById.execute({ userId })
    const subject = toLookupKey(user?.email ?? email)
    const isRight = await throttle.attempt(subject, client.ip, async clearFailures => {
      const hash = user ? user.passwordHash : passwordHash
      if ((await passwordHasher.verify(password, hash)) === 'wrong') return undefined
      if (user?.disabledAt) throw new Problem('account_disabled')
      await store.atomically(clearFailures)
      return true
    })
    if (!isRight) throw new Problem('password_wrong')
  }
}
