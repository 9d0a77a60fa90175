import { type Static, Type } from '@sinclair/typebox'
import { exampleId, Id } from '../../http/schemas/id.ts'
import { factorAnswers } from '../factors/schemas.ts'
import { RegistrationResponse } from '../passkeys/ceremonies/responses.ts'
import { MAX_EMAIL } from './email-addresses.ts'

export const MIN_USERNAME = 3
export const MAX_USERNAME = 32
export const MAX_PASSWORD = 128

export const Username = Type.String({
  pattern: `^[A-Za-z0-9._-]{${MIN_USERNAME},${MAX_USERNAME}}$`,
  description: `${MIN_USERNAME} to ${MAX_USERNAME} letters, digits, dots, underscores or hyphens`,
  examples: ['ada']
})

/** An e-mail address in a request. Answers have its domain in ASCII. */
export const Email = Type.String({
  format: 'idn-email',
  maxLength: MAX_EMAIL,
  description: `an e-mail address of at most ${MAX_EMAIL} characters`,
  examples: ['ada@example.org']
})

const createNewPasswordSchema = (minLength: number) =>
  Type.String({
    format: 'password',
    minLength,
    maxLength: MAX_PASSWORD,
    description: `${minLength} to ${MAX_PASSWORD} characters of any kind`,
    examples: ['correct horse battery staple']
  })

/** The most characters of the secret of a link. */
const MAX_LINK_TOKEN = 1024

const LinkToken = (description: string, example: string) =>
  Type.String({ maxLength: MAX_LINK_TOKEN, description, examples: [example] })

/** @param minLength the fewest characters of a password */
export const createRegistrationSchema = (minLength: number) =>
  Type.Object(
    {
      username: Username,
      email: Email,
      password: Type.Optional(createNewPasswordSchema(minLength)),
      passkey: Type.Optional(RegistrationResponse),
      invitation: Type.Optional(
        LinkToken(
          'the token of an invitation, which some services require; with one the e-mail needs no code',
          'lki_eyJpZCI6IiJ9.c2lnbmF0dXJl'
        )
      )
    },
    {
      additionalProperties: false,
      examples: [{ username: 'ada', email: 'ada@example.org', password: 'correct horse battery staple' }]
    }
  )
export type Registration = Readonly<Static<ReturnType<typeof createRegistrationSchema>>>

export const Credentials = Type.Object(
  {
    email: Email,
    password: Type.String({ format: 'password', description: 'the password, as it was given' })
  },
  {
    additionalProperties: false,
    examples: [{ email: 'ada@example.org', password: 'correct horse battery staple' }]
  }
)
export type Credentials = Readonly<Static<typeof Credentials>>

const CurrentPassword = Type.String({ format: 'password', description: 'the password of the account' })

/** One of the ways of a signed-in user to show again who he is. */
export const AuthenticationProof = Type.Object(
  { password: Type.Optional(CurrentPassword), ...factorAnswers },
  { additionalProperties: false, examples: [{ password: 'correct horse battery staple' }] }
)
export type AuthenticationProof = Readonly<Static<typeof AuthenticationProof>>

/** @param minLength the fewest characters of the new password */
export const createPasswordChangeSchema = (minLength: number) =>
  Type.Object(
    {
      currentPassword: Type.Optional(CurrentPassword),
      newPassword: createNewPasswordSchema(minLength),
      endOtherSessions: Type.Optional(Type.Boolean({ default: false, description: 'true or false' }))
    },
    {
      additionalProperties: false,
      examples: [
        { currentPassword: 'correct horse battery staple', newPassword: 'battery staple, correct horse' }
      ]
    }
  )
export type PasswordChange = Readonly<Static<ReturnType<typeof createPasswordChangeSchema>>>

export const UsernameChange = Type.Object(
  { username: Username },
  { additionalProperties: false, examples: [{ username: 'countess' }] }
)

export const AccountDeletion = Type.Object(
  { password: Type.Optional(CurrentPassword) },
  { additionalProperties: false, examples: [{ password: 'correct horse battery staple' }] }
)

/** The answer to a challenge. */
export const CodeAnswer = Type.Object(
  {
    challengeId: Id,
    code: Type.String({
      pattern: '^\\d{6}$',
      description: 'the six digits of the mail',
      examples: ['123456']
    })
  },
  { additionalProperties: false, examples: [{ challengeId: exampleId, code: '123456' }] }
)
export type CodeAnswer = Readonly<Static<typeof CodeAnswer>>

export const ResetRequest = Type.Object(
  { email: Email },
  { additionalProperties: false, examples: [{ email: 'ada@example.org' }] }
)

/** @param minLength the fewest characters of the new password */
export const createPasswordResetSchema = (minLength: number) =>
  Type.Object(
    {
      token: LinkToken('the token of the link that was mailed', 'lks_eyJ1c2VySWQiOiIifQ.c2lnbmF0dXJl'),
      newPassword: createNewPasswordSchema(minLength),
      endSessions: Type.Optional(Type.Boolean({ default: true, description: 'true or false' }))
    },
    {
      additionalProperties: false,
      examples: [
        { token: 'lks_eyJ1c2VySWQiOiIifQ.c2lnbmF0dXJl', newPassword: 'battery staple, correct horse' }
      ]
    }
  )
export type PasswordReset = Readonly<Static<ReturnType<typeof createPasswordResetSchema>>>

export const EmailChange = Type.Object(
  { email: Email, currentPassword: Type.Optional(CurrentPassword) },
  {
    additionalProperties: false,
    examples: [{ email: 'ada@lovelace.example', currentPassword: 'correct horse battery staple' }]
  }
)
export type EmailChange = Readonly<Static<typeof EmailChange>>

export const EmailRevert = Type.Object(
  { token: LinkToken('the token of the link that was mailed', 'lkb_eyJpZCI6IiJ9.c2lnbmF0dXJl') },
  { additionalProperties: false, examples: [{ token: 'lkb_eyJpZCI6IiJ9.c2lnbmF0dXJl' }] }
)
