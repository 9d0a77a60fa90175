import { Type } from '@sinclair/typebox'
import { AuthenticationProof } from '../../src/auth/accounts/schemas.ts'
import { acrValues, authenticationMethods } from '../../src/auth/sessions/authentication.ts'
import { StringEnum } from '../../src/http/schemas/types.ts'
import { bearer, bearerProblems, bodyProblems, Instant, problemResponses, ref } from '../schemas.ts'
import { ReplacementCode } from './factors/documents.ts'
import { knownPasskeyProblems } from './passkeys/schemas.ts'
import { tags } from './schemas.ts'

export const AuthenticationDocument = Type.Object(
  {
    authenticatedAt: Instant('when the user has shown who he is'),
    methods: Type.Array(StringEnum(authenticationMethods), {
      description: 'how; a password or a passkey takes the place of those before; a code is added to them'
    }),
    level: StringEnum(acrValues, { description: 'the level that the methods reach: one factor, or two' }),
    freshUntil: Instant('until when the session is fresh'),
    recoveryCode: Type.Optional(ReplacementCode)
  },
  {
    $id: 'Authentication',
    description: 'How a session is authenticated.',
    examples: [
      {
        authenticatedAt: '2026-11-23T09:30:00.000Z',
        methods: ['password'],
        level: 'aal1',
        freshUntil: '2026-11-23T09:40:00.000Z'
      }
    ]
  }
)

export const reauthenticate = {
  operationId: 'reauthenticate',
  summary: 'Show again who you are',
  description:
    'Takes exactly one proof. The session is then fresh for `REAUTHENTICATION_TTL`: it may do what answers ' +
    '`reauthentication_required` otherwise. The access token stays the same. Slowed down as a sign-in is. An account that has a ' +
    'second factor or a passkey asks for that: the password alone is refused, and not looked at.',
  tags,
  security: bearer,
  body: AuthenticationProof,
  response: {
    200: { ...ref(AuthenticationDocument), description: 'The session is fresh.' },
    ...problemResponses(
      ...bodyProblems,
      ...bearerProblems,
      'reauthentication_required',
      'password_wrong',
      'second_factor_wrong',
      'sign_in_throttled',
      'account_disabled',
      ...knownPasskeyProblems
    )
  }
}
