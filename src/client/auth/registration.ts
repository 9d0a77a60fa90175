import type { Send } from '../http/requests.ts'
import { readRegisteredPair, readRegistration } from '../http/responses.ts'
import type { TokenManager } from '../tokens/token-manager.ts'
import type { Challenge, ConfirmRegistrationBody, RegisterBody, RegisteredPair, User } from '../types.ts'
import { SignUpModeError } from './sign-up-mode-error.ts'

/**
 * A user, with the challenge of the code that was mailed to the address at the registration, and with the recovery codes of an
 * account that begins with a passkey: show them.
 */
export type RegisteredUser = User & { verification?: Challenge; recoveryCodes?: readonly string[] }

/** Creates the methods that make an account. */
export function createRegistration(send: Send, tokens: TokenManager) {
  const requestRegistration = (body: RegisterBody) =>
    send({ method: 'POST', path: '/api/auth/register', body, read: readRegistration })

  return {
    /**
     * Creates an account and signs in. Give the `verification` of the answer to `confirmVerification`, with the code of the
     * mail; it is missing where no code was mailed.
     * @throws {SignUpModeError} when the service has mailed a code first (`SIGN_UP=verified`); go on with its `challenge`
     */
    async register(body: RegisterBody): Promise<RegisteredUser> {
      const answer = await requestRegistration(body)
      if (!('user' in answer)) throw new SignUpModeError(answer)
      await tokens.save(answer)
      return toRegisteredUser(answer)
    },

    /**
     * Has a code mailed with which an account comes into being: where `SIGN_UP` is `verified`. Signs nobody in. The answer is
     * the same for an address that has an account.
     * @throws {SignUpModeError} when the service has made the account at once
     */
    async startRegistration(body: RegisterBody): Promise<Challenge> {
      const answer = await requestRegistration(body)
      if ('user' in answer) throw new SignUpModeError()
      return answer
    },

    /** Creates the account by the code of the mail, and signs in. */
    async confirmRegistration({ challengeId, code }: ConfirmRegistrationBody): Promise<RegisteredUser> {
      const path = '/api/auth/register/confirm'
      const pair = await send({ method: 'POST', path, body: { challengeId, code }, read: readRegisteredPair })
      await tokens.save(pair)
      return toRegisteredUser(pair)
    }
  }
}

function toRegisteredUser({ user, verification, recoveryCodes }: RegisteredPair): RegisteredUser {
  const extras = { ...(verification && { verification }), ...(recoveryCodes && { recoveryCodes }) }
  return Object.keys(extras).length > 0 ? { ...user, ...extras } : user
}
