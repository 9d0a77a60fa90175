import { Type } from '@sinclair/typebox'
import { MAX_TOKENS } from '../../../src/auth/personal-access-tokens/limits.ts'
import { NewPersonalAccessToken } from '../../../src/auth/personal-access-tokens/schemas.ts'
import { type Scope, scopes } from '../../../src/auth/personal-access-tokens/scopes.ts'
import { Id, IdDocument } from '../../../src/http/schemas/id.ts'
import { Nullable, StringEnum } from '../../../src/http/schemas/types.ts'
import {
  bearer,
  bearerProblems,
  bodyProblems,
  exampleIds,
  Instant,
  problemResponses,
  ref
} from '../../schemas.ts'

const tags = ['auth']
const params = Type.Object({ id: { ...Id, examples: [exampleIds.personalAccessToken] } })
const tokenProblems = [
  'validation_failed',
  'personal_access_token_not_found',
  'uri_too_long',
  ...bearerProblems
] as const

const exampleToken = {
  id: exampleIds.personalAccessToken,
  name: 'backup script',
  scopes: ['todos:read'],
  createdAt: '2026-11-23T09:28:00.000Z',
  expiresAt: '2027-02-21T09:28:00.000Z',
  lastUsedAt: null
}

const tokenProperties = {
  id: IdDocument,
  name: Type.String({ description: 'what its owner calls it' }),
  scopes: Type.Unsafe<readonly Scope[]>(Type.Array(StringEnum(scopes), { description: 'what it opens' })),
  createdAt: Instant('when it was made'),
  expiresAt: Instant('when it ends'),
  lastUsedAt: Nullable(Instant('the hour in which it was last used; null when it never was'))
}

export const PersonalAccessTokenDocument = Type.Object(tokenProperties, {
  $id: 'PersonalAccessToken',
  description: 'A token with which a program acts for the user, without its secret.',
  examples: [exampleToken]
})

export const CreatedPersonalAccessTokenDocument = Type.Object(
  {
    ...tokenProperties,
    token: Type.String({
      description: 'the token itself, to be sent as `Authorization: Bearer …`; it is never shown again'
    })
  },
  {
    $id: 'CreatedPersonalAccessToken',
    description: 'A token that was just made.',
    examples: [{ ...exampleToken, token: 'lkp_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1000000' }]
  }
)

export const list = {
  operationId: 'listPersonalAccessTokens',
  summary: 'List the tokens for programs',
  description: `The personal access tokens of the account, the latest first, expired ones for 30 days. There are at most ${MAX_TOKENS}.`,
  tags,
  security: bearer,
  response: {
    200: Type.Object(
      { items: Type.Array(ref(PersonalAccessTokenDocument)) },
      { description: 'The tokens.', examples: [{ items: [exampleToken] }] }
    ),
    ...problemResponses(...bearerProblems)
  }
}

export const create = {
  operationId: 'createPersonalAccessToken',
  summary: 'Make a token for a program',
  description:
    'Makes a personal access token, with which a program works with the todos, without a sign-in and without the password. It ' +
    'opens what its scopes name, and never the account. The answer shows it this once. It expires after 30 days unless ' +
    '`expiresIn` or `expiresAt` says otherwise. Takes a fresh session. Since the token is not kept, an `Idempotency-Key` is ' +
    'not taken.',
  tags,
  security: bearer,
  body: NewPersonalAccessToken,
  response: {
    201: {
      ...ref(CreatedPersonalAccessTokenDocument),
      description: 'The token is made.',
      headers: { location: Type.String({ description: 'the path of the token, without its secret' }) }
    },
    ...problemResponses(
      ...bodyProblems,
      ...bearerProblems,
      'reauthentication_required',
      'too_many_personal_access_tokens'
    )
  }
}

export const read = {
  operationId: 'getPersonalAccessToken',
  summary: 'Look at a token',
  description: 'A personal access token, without its secret.',
  tags,
  security: bearer,
  params,
  response: {
    200: { ...ref(PersonalAccessTokenDocument), description: 'The token.' },
    ...problemResponses(...tokenProblems)
  }
}

export const revoke = {
  operationId: 'revokePersonalAccessToken',
  summary: 'Revoke a token',
  description: 'Ends a personal access token at once. Whoever has it is refused from then on.',
  tags,
  security: bearer,
  params,
  response: { 204: Type.Null({ description: 'It has ended.' }), ...problemResponses(...tokenProblems) }
}
