import { mustAffectRow, NoRowAffected } from '../../db/engine.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem, validationFailed } from '../../problems/problem.ts'
import { toAsciiEmail, toLookupKey } from '../accounts/emails.ts'
import type { Registration } from '../accounts/schemas.ts'
import type { AccountServices } from '../accounts/services.ts'
import { challengeStatements } from '../challenges/statements.ts'
import type { ChallengeAnswer } from '../emails/challenge-request.ts'
import { assertNotGuessable } from '../passwords/policy.ts'
import type { TokenPair } from '../tokens/token-pairs.ts'
import { createInsertUser } from './insert-user.ts'

/** The first pair of an account. `verification` is for the code that was mailed to the address. */
export interface RegisteredPair extends TokenPair {
  readonly verification?: ChallengeAnswer
}

export function createRegister(
  services: Pick<
    AccountServices,
    'store' | 'passwordHasher' | 'sessions' | 'config' | 'mails' | 'challenges' | 'links'
  >
) {
  const { store, passwordHasher, sessions, config, mails, challenges, links } = services
  const { removeAlive, find } = challengeStatements(store)
  const { bindInsert, explainConflict } = createInsertUser(store)

  /**
   * Creates an account and signs its owner in. With an invitation the address is verified, otherwise a code is mailed to it.
   * @returns the first token pair
   * @throws {Problem} `sign_up_closed`, `invitation_required`, `link_invalid`, `link_expired` or `link_used`;
   *   `validation_failed` for a password that is easy to guess, or another address than the invited one; `already_taken` with
   *   a pointer to each field that another account holds; `overloaded`
   */
  return async function register(
    { username, password, invitation, ...rest }: Registration,
    client: ClientInfo
  ): Promise<RegisteredPair> {
    const email = toAsciiEmail(rest.email)
    if (config.signUp === 'closed') throw new Problem('sign_up_closed')
    if (config.signUp === 'invited' && invitation === undefined) throw new Problem('invitation_required')
    assertNotGuessable(password, { username, email }, '/password')
    const invitationId = invitation === undefined ? undefined : await findInvitation(invitation, email)
    const passwordHash = await passwordHasher.hash(password)

    const isInvited = invitationId !== undefined
    const account = { username, email, passwordHash, emailVerified: isInvited }
    const { user, statements: insertUser } = bindInsert(account)
    const challenge =
      mails.isEnabled && !isInvited
        ? challenges.prepareChallenge({ purpose: 'verification', subject: user.id, userId: user.id, email })
        : undefined
    const invitationUse = isInvited
      ? [mustAffectRow(removeAlive.bind({ challengeId: invitationId, now: store.now() }))]
      : []
    await store
      .atomically(
        ...invitationUse,
        ...insertUser,
        ...(challenge
          ? [
              challenge.statement,
              mails.bindCode('verification_code', { email, userId: user.id }, challenge.challengeId)
            ]
          : [])
      )
      .catch(async error => {
        if (error instanceof NoRowAffected && invitationUse.some(use => use === error.statement))
          throw new Problem('link_used')
        return explainConflict(error, insertUser, account)
      })
    const pair = await sessions.start({ ...user, passwordVersion: 0 }, client, 'account_created')
    if (!challenge) return pair
    const { challengeId, expiresIn } = challenge
    return { ...pair, verification: { challengeId, expiresIn } }
  }

  /** @returns the id of the invitation, which is still good and for this address */
  async function findInvitation(token: string, email: string): Promise<string> {
    const claims = links.invitation.verify(token)
    if (!claims) throw new Problem('link_invalid')
    const [row] = await find.execute({ challengeId: claims.id })
    if (!row) throw new Problem('link_used')
    if (row.expiresAt <= store.now()) throw new Problem('link_expired')
    if (toLookupKey(row.email) !== toLookupKey(email))
      throw validationFailed({ pointer: '/email', detail: 'is not the address that was invited' })
    return claims.id
  }
}
