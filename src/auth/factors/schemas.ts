import { type Static, Type } from '@sinclair/typebox'
import { AuthenticationResponse } from '../passkeys/ceremonies/responses.ts'

/** Characters of a recovery code that people may type: with spaces and hyphens in it. */
const MAX_RECOVERY_CODE = 64
/** Characters of the challenge of a sign-in. */
const MAX_CHALLENGE = 1024

export const TotpCode = Type.String({
  pattern: '^\\d{6}$',
  description: 'the six digits that the authenticator app shows',
  examples: ['123456']
})

export const RecoveryCode = Type.String({
  maxLength: MAX_RECOVERY_CODE,
  description: 'a recovery code; case, spaces and hyphens do not matter',
  examples: ['7ZKM4T-0QW8RB-XN2PCV-5HGD9S']
})

export const TotpConfirmation = Type.Object(
  { code: TotpCode },
  { additionalProperties: false, examples: [{ code: '123456' }] }
)

/** What shows a second factor: one of them. */
export const factorAnswers = {
  code: Type.Optional(TotpCode),
  recoveryCode: Type.Optional(RecoveryCode),
  passkey: Type.Optional(AuthenticationResponse)
}

const exampleChallenge = 'lkc_eyJ1c2VySWQiOiIifQ.c2lnbmF0dXJl'

export const SecondFactorLogin = Type.Object(
  {
    challenge: Type.String({
      maxLength: MAX_CHALLENGE,
      description: 'the challenge of the refusal with second_factor_required',
      examples: [exampleChallenge]
    }),
    ...factorAnswers
  },
  {
    additionalProperties: false,
    examples: [{ challenge: exampleChallenge, recoveryCode: '7ZKM4T-0QW8RB-XN2PCV-5HGD9S' }]
  }
)
export type SecondFactorLogin = Readonly<Static<typeof SecondFactorLogin>>
