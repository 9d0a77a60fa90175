import { type Static, Type } from '@sinclair/typebox'
import { Email, Username } from '../accounts/schemas.ts'
import { createLabelSchema } from '../label.ts'
import { AuthenticationResponse, RegistrationResponse } from './ceremonies/responses.ts'

export const MAX_PASSKEY_NAME = 64

const Name = createLabelSchema(MAX_PASSKEY_NAME, { examples: ['Work laptop'] })

const strict = { additionalProperties: false }
const [exampleRegistration] = RegistrationResponse.examples
const [exampleProof] = AuthenticationResponse.examples

/** A passkey that is added to an account. */
export const NewPasskey = Type.Object(
  { name: Type.Optional(Name), passkey: RegistrationResponse },
  { ...strict, examples: [{ name: 'Work laptop', passkey: exampleRegistration }] }
)
export type NewPasskey = Readonly<Static<typeof NewPasskey>>

export const PasskeyPatch = Type.Object(
  { name: Type.Optional(Name) },
  { ...strict, examples: [{ name: 'Old phone' }] }
)
export type PasskeyPatch = Readonly<Static<typeof PasskeyPatch>>

/** A sign-in by a passkey. */
export const PasskeyProof = Type.Object(
  { passkey: AuthenticationResponse },
  { ...strict, examples: [{ passkey: exampleProof }] }
)
export type PasskeyProof = Readonly<Static<typeof PasskeyProof>>

/** Who signs up with a passkey. */
export const SignUpOwner = Type.Object(
  { username: Username, email: Email },
  { ...strict, examples: [{ username: 'ada', email: 'ada@example.org' }] }
)
export type SignUpOwner = Readonly<Static<typeof SignUpOwner>>
