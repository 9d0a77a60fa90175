import type { Call } from '../http/calls.ts'
import type { Send } from '../http/requests.ts'
import { readChallenge, readUser } from '../http/responses.ts'
import type { TokenManager } from '../tokens/token-manager.ts'
import type {
  Challenge,
  ChangeEmailBody,
  ConfirmEmailChangeBody,
  ConfirmVerificationBody,
  User
} from '../types.ts'
import { createReplacePair } from './replace-pair.ts'

/** Creates the methods on the e-mail of the signed-in user. */
export function createEmail(send: Send, tokens: TokenManager, call: Call) {
  const replacePair = createReplacePair(send, tokens)

  return {
    /** Has a code mailed that verifies the e-mail. */
    requestVerification: (): Promise<Challenge> =>
      call({ method: 'POST', path: '/api/auth/email/verification', read: readChallenge }),

    /** Verifies the e-mail by the code, and stores the user. */
    async confirmVerification({ challengeId, code }: ConfirmVerificationBody): Promise<User> {
      const path = '/api/auth/email/verification/confirm'
      const user = await call({ method: 'POST', path, body: { challengeId, code }, read: readUser })
      await tokens.updateUser(user)
      return user
    },

    /** Has a code mailed to the new address. Nothing changes before `confirmEmailChange`. */
    changeEmail: (body: ChangeEmailBody): Promise<Challenge> =>
      call({ method: 'PUT', path: '/api/auth/email', body, isIdempotent: false, read: readChallenge }),

    /** Changes the e-mail by the code, and stores the new pair. If the answer gets lost, the next refresh gets that pair by its key. */
    confirmEmailChange: ({ challengeId, code }: ConfirmEmailChangeBody): Promise<void> =>
      replacePair({ method: 'POST', path: '/api/auth/email/confirm', body: { challengeId, code } })
  }
}
