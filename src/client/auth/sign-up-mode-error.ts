import type { Challenge } from '../types.ts'

/** The service makes accounts in another way than the method expects (its setting `SIGN_UP`). */
export class SignUpModeError extends Error {
  override readonly name = 'SignUpModeError'
  /** The code that was mailed: give it to `confirmRegistration`. Undefined when the account has been made without one. */
  readonly challenge: Challenge | undefined

  constructor(challenge?: Challenge) {
    super(
      challenge
        ? 'The account is not made yet: the service has mailed a code first. Ask the user for it, and call confirmRegistration with the challengeId of this error.'
        : 'The account is made already: the service asks for no code first. Sign in, and call register the next time.'
    )
    this.challenge = challenge
  }
}
