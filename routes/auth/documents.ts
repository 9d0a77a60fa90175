import { Type } from '@sinclair/typebox'
import { Email, Username } from '../../src/auth/accounts/schemas.ts'
import { IdDocument } from '../../src/http/schemas/id.ts'
import { exampleIds, ref } from '../schemas.ts'
import { RecoveryCodeList } from './factors/recovery-codes.ts'

const AsciiEmail = { ...Email, format: 'email' }

const exampleUser = { id: exampleIds.user, username: 'ada', email: 'ada@example.org', emailVerified: true }

export const userProperties = { id: IdDocument, username: Username, email: AsciiEmail }
export const EmailVerified = Type.Boolean({
  description: 'whether the owner has shown that mail to the e-mail address arrives'
})

export const UserDocument = Type.Object(
  { ...userProperties, emailVerified: EmailVerified },
  {
    $id: 'User',
    description: 'An account.',
    examples: [exampleUser]
  }
)

export const exampleTokens = {
  accessToken: 'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl',
  refreshToken: 'lkr_AaIJlvtseLeW7SJ7WKJp0gAAAAHvQ9a0w4a0mVxJ'
}

export const TokenPairDocument = Type.Object(
  {
    accessToken: Type.String({ description: 'a JWT, to be sent as `Authorization: Bearer …`' }),
    tokenType: Type.Literal('Bearer'),
    expiresIn: Type.Integer({
      description: 'seconds for which the access token lives, counted from its `iat`'
    }),
    refreshToken: Type.String({ description: 'opaque; exchanges once for the next pair' }),
    refreshExpiresIn: Type.Integer({ description: 'seconds until the session can no longer be refreshed' }),
    user: ref(UserDocument)
  },
  {
    $id: 'TokenPair',
    description: 'What a sign-in or a refresh gives.',
    examples: [
      {
        ...exampleTokens,
        tokenType: 'Bearer',
        expiresIn: 300,
        refreshExpiresIn: 2_592_000,
        user: exampleUser
      }
    ]
  }
)

const exampleChallenge = { challengeId: exampleIds.challenge, expiresIn: 600 }

export const ChallengeDocument = Type.Object(
  {
    challengeId: Type.String({ format: 'uuid', description: 'goes with the code' }),
    expiresIn: Type.Integer({ description: 'seconds for which the code is good' })
  },
  { $id: 'Challenge', description: 'A code was mailed.', examples: [exampleChallenge] }
)

/** The pair of a registration. */
export const RegisteredPairDocument = Type.Object(
  {
    ...TokenPairDocument.properties,
    verification: Type.Optional(ref(ChallengeDocument)),
    recoveryCodes: Type.Optional(RecoveryCodeList)
  },
  {
    $id: 'RegisteredPair',
    description:
      'What a registration gives. `verification` is for the code that was mailed to the address. `recoveryCodes` come with an ' +
      'account that begins with a passkey.',
    examples: [
      {
        ...TokenPairDocument.examples[0],
        user: { ...exampleUser, emailVerified: false },
        verification: exampleChallenge
      }
    ]
  }
)

/** The pair of a registration that the code has confirmed. */
export const ConfirmedPairDocument = Type.Object(
  { ...TokenPairDocument.properties, recoveryCodes: Type.Optional(RecoveryCodeList) },
  {
    $id: 'ConfirmedPair',
    description:
      'What a registration gives that the code has confirmed. `recoveryCodes` come with an account that begins with a passkey.',
    examples: TokenPairDocument.examples
  }
)
