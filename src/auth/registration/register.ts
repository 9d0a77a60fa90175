import { type BoundStatement, isUndoneBy, mustAffectRow } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem, validationFailed } from '../../problems/problem.ts'
import { toAsciiEmail, toLookupKey } from '../accounts/email-addresses.ts'
import type { Registration } from '../accounts/schemas.ts'
import type { AccountServices } from '../accounts/services.ts'
import { challengeStatements } from '../challenges/statements.ts'
import { type ChallengeAnswer, createChallengeRequest } from '../emails/challenge-request.ts'
import { ONLY_BY_OPERATORS } from '../emails/problems.ts'
import type { TokenPair } from '../tokens/token-pairs.ts'
import type { User } from '../user.ts'
import { createFirstCredentials } from './first-credential.ts'
import { createInsertUser } from './insert-user.ts'

/** The first pair of an account. `verification` is for the code that was mailed to the address. */
export interface RegisteredPair extends TokenPair {
  readonly verification?: ChallengeAnswer
  /** Of an account that begins with a passkey. */
  readonly recoveryCodes?: readonly string[]
}

export function createRegister(
  services: Pick<
    AccountServices,
    | 'store'
    | 'passwordHasher'
    | 'sessions'
    | 'config'
    | 'mails'
    | 'mailLimits'
    | 'challenges'
    | 'links'
    | 'ceremonies'
  >
) {
  const { store, sessions, config, mails, links } = services
  const { removeAlive, find } = challengeStatements(store)
  const { bindInsert, explainConflict } = createInsertUser(store)
  const requestChallenge = createChallengeRequest(services)
  const { assertAcceptable, take, bindPasskey, explainRefusal } = createFirstCredentials(services)

  /**
   * Creates an account and signs its owner in. With an invitation the address is verified, otherwise a code is mailed to it,
   * unless the address got too many already: the owner asks for the code later.
   * @returns the first token pair
   * @throws {Problem} `sign_up_closed`, `invitation_required`, `link_invalid`, `link_expired` or `link_used`;
   *   `validation_failed` for a password that is easy to guess, or another address than the invited one; `already_taken` with
   *   a pointer to each field that another account holds; `overloaded`; those of a passkey that is not good
   */
  return async function register(registration: Registration, client: ClientInfo): Promise<RegisteredPair> {
    const { username, invitation } = registration
    const email = toAsciiEmail(registration.email)
    if (config.signUp === 'closed') throw new Problem('sign_up_closed')
    if (config.signUp === 'invited' && invitation === undefined) throw new Problem('invitation_required')
    assertAcceptable(registration, { username, email })
    const invitationId = invitation === undefined ? undefined : await findInvitation(invitation, email)
    const credential = await take(registration)

    const isInvited = invitationId !== undefined
    const { passwordHash, passkey } = credential
    const account = {
      username,
      email,
      passwordHash,
      emailVerified: isInvited,
      ...(passkey && { id: passkey.userId })
    }
    const { user, statements: insertUser } = bindInsert(account)
    const { statements: insertPasskey, ...recoveryCodes } = bindPasskey(credential)
    const invitationUse = isInvited
      ? [mustAffectRow(removeAlive.bind({ challengeId: invitationId, now: store.now() }))]
      : []
    const statements = [...invitationUse, ...credential.uses, ...insertUser, ...insertPasskey]
    const needsCode = mails.isEnabled && !isInvited
    const verification = await (needsCode ? insertWithCode(user, statements) : insert(statements)).catch(
      async error => {
        if (isUndoneBy(error, ...invitationUse)) throw new Problem('link_used', ONLY_BY_OPERATORS)
        return explainRefusal(error, credential, insertPasskey).catch(reason =>
          explainConflict(reason, insertUser, account)
        )
      }
    )
    const pair = await sessions.start({ ...user, passwordVersion: 0 }, client, {
      methods: [credential.method],
      event: 'account_created'
    })
    return { ...pair, ...recoveryCodes, ...(verification && { verification }) }
  }

  async function insert(statements: readonly BoundStatement[]): Promise<undefined> {
    await store.atomically(...statements)
  }

  /**
   * Makes an account together with its code.
   * @returns undefined when the address got too many codes: then the account is made without one
   */
  async function insertWithCode(
    { id, username, email }: User,
    statements: readonly BoundStatement[]
  ): Promise<ChallengeAnswer | undefined> {
    const subject = { purpose: 'verification', subject: id, userId: id, username, email } as const
    // The network does not count: the route has a limit of its own, and no account of a large office lacks its code.
    return requestChallenge('verification_code', subject, undefined, statements).catch(error => {
      if (error instanceof Problem && error.code === 'mail_throttled') return insert(statements)
      throw error
    })
  }

  /** @returns the id of the invitation, which is still good and for this address */
  async function findInvitation(token: string, email: string): Promise<string> {
    const claims = links.invitation.verify(token)
    if (!claims) throw new Problem('link_invalid')
    const [row] = await find.execute({ challengeId: claims.id })
    if (!row) throw new Problem('link_used', ONLY_BY_OPERATORS)
    if (row.expiresAt <= store.now()) throw new Problem('link_expired', ONLY_BY_OPERATORS)
    if (toLookupKey(row.email) !== toLookupKey(email))
      throw validationFailed({ pointer: '/email', detail: 'is not the address that was invited' })
    return claims.id
  }
}
