import { isUndoneBy, NoRowAffected } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { toAsciiEmail, toLookupKey } from '../accounts/email-addresses.ts'
import type { CodeAnswer, Registration } from '../accounts/schemas.ts'
import type { AccountServices } from '../accounts/services.ts'
import { type ChallengeAnswer, createChallengeRequest } from '../emails/challenge-request.ts'
import { assertMailConfigured } from '../mails/assert-configured.ts'
import type { ChallengeRow } from '../tables.ts'
import type { User } from '../user.ts'
import { createFirstCredentials } from './first-credential.ts'
import { createInsertUser, usernameTaken } from './insert-user.ts'
import type { RegisteredPair } from './register.ts'

export function createVerifiedRegistration(
  services: Pick<
    AccountServices,
    'store' | 'passwordHasher' | 'sessions' | 'mails' | 'mailLimits' | 'challenges' | 'ceremonies'
  >
) {
  const { store, sessions, mails, challenges } = services
  const { bindInsert, findConflicts } = createInsertUser(store)
  const requestChallenge = createChallengeRequest(services)
  const { assertAcceptable, take, bindPasskey, explainRefusal } = createFirstCredentials(services)

  /**
   * Begins a registration: the account comes into being with the code that is mailed. Whether the e-mail has an account is
   * found out when the mail is sent, which then tells the owner; so the answer is the same whoever asks.
   * @throws {Problem} `validation_failed` for a password that is easy to guess; `already_taken` for the user name;
   *   `mail_throttled`, `too_many_tries` or `overloaded`
   */
  async function startRegistration(registration: Registration, client: ClientInfo): Promise<ChallengeAnswer> {
    const { username } = registration
    const email = toAsciiEmail(registration.email)
    assertAcceptable(registration, { username, email })
    await assertUsernameFree({ username, email })
    const credential = await take(registration)
    const { passwordHash, passkey } = credential
    const subject = toLookupKey(email)
    return requestChallenge(
      'registration_code',
      { purpose: 'registration', subject, userId: null, email, username, passwordHash, passkey },
      client.ip,
      credential.uses
    ).catch(error => explainRefusal(error, credential, []))
  }

  /**
   * Creates the account by the code and signs its owner in.
   * @throws {Problem} as a check of a code does; `already_taken` when somebody else has the user name by now
   */
  async function confirmRegistration(answer: CodeAnswer, client: ClientInfo): Promise<RegisteredPair> {
    assertMailConfigured(mails)
    const challenge = await challenges.check(answer, ({ purpose }) => purpose === 'registration')
    const { user, ...recoveryCodes } = await registerByChallenge(challenge)
    const pair = await sessions.start({ ...user, passwordVersion: 0 }, client, {
      methods: [challenge.passkey ? 'passkey' : 'password'],
      event: 'account_created'
    })
    return { ...pair, ...recoveryCodes }
  }

  /** Uses a challenge that was checked. */
  async function registerByChallenge({
    email,
    username,
    passwordHash,
    passkey,
    ...challenge
  }: ChallengeRow): Promise<{ user: User; recoveryCodes?: readonly string[] }> {
    if (username === null || passwordHash === null) throw new Problem('challenge_expired')
    // Nobody could sign in to such an account.
    if (passwordHash === '' && !passkey) throw new Problem('challenge_expired')
    const account = {
      username,
      email,
      passwordHash,
      emailVerified: true,
      ...(passkey && { id: passkey.userId })
    }
    const { user, statements } = bindInsert(account)
    const use = challenges.bindUse(challenge)
    const { statements: insertPasskey, ...recoveryCodes } = bindPasskey({ passkey })
    await store.atomically(use, ...statements, ...insertPasskey).catch(async error => {
      if (!(error instanceof NoRowAffected)) throw error
      if (isUndoneBy(error, ...insertPasskey))
        await explainRefusal(error, { uses: [], passkey }, insertPasskey)
      if (isUndoneBy(error, use)) throw new Problem('challenge_expired')
      await assertUsernameFree(account)
      // Whoever has an account with the e-mail never got this code.
      throw new Problem('code_wrong')
    })
    return { user, ...recoveryCodes }
  }

  /** User names are public; whether an e-mail has an account is not told. */
  async function assertUsernameFree(account: { username: string; email: string }): Promise<void> {
    const conflicts = await findConflicts(account)
    if (conflicts.includes(usernameTaken)) throw new Problem('already_taken', { errors: [usernameTaken] })
  }

  return { startRegistration, confirmRegistration, registerByChallenge }
}
