import { Type } from '@sinclair/typebox'
import { MAX_EMAIL } from '../../src/auth/accounts/email-addresses.ts'
import {
  CodeAnswer,
  Credentials,
  createRegistrationSchema,
  MAX_PASSWORD,
  MAX_USERNAME
} from '../../src/auth/accounts/schemas.ts'
import { type LogoutScope, logoutScopes } from '../../src/auth/sessions/logout.ts'
import type { TokenPair } from '../../src/auth/tokens/token-pairs.ts'
import type { Config } from '../../src/config/config.ts'
import { MAX_TTL } from '../../src/config/environment-schema.ts'
import { toBodyLimit } from '../../src/config/limits.ts'
import { Nullable } from '../../src/http/schemas/types.ts'
import { bearer, bodyProblems, exampleIds, idempotencyHeaders, problemResponses, ref } from '../schemas.ts'

import {
  ChallengeDocument,
  ConfirmedPairDocument,
  EmailVerified,
  exampleTokens,
  RegisteredPairDocument,
  TokenPairDocument,
  userProperties
} from './documents.ts'
import { RecoveryCodeList } from './factors/recovery-codes.ts'
import { newPasskeyProblems } from './passkeys/schemas.ts'

export const tags = ['auth']

/** The largest body of these routes, in bytes: a user name, an e-mail and two passwords, or a token pair. */
export const MAX_AUTH_BODY = toBodyLimit(MAX_USERNAME + MAX_EMAIL + 2 * MAX_PASSWORD)

/** The problems of a code. */
export const codeProblems = [
  'code_wrong',
  'challenge_expired',
  'too_many_tries',
  'mail_not_configured'
] as const

/** Answers the challenge of the other examples. */
export const CodeAnswerBody = {
  ...CodeAnswer,
  examples: [{ challengeId: exampleIds.challenge, code: '123456' }]
}

export const register = ({ password: { minLength } }: Config) => ({
  operationId: 'register',
  summary: 'Make an account',
  description:
    'Makes an account and signs it in; a code to verify the e-mail is mailed, for `verification`. With `SIGN_UP=verified` the ' +
    'answer is 202, also for an e-mail that has an account, and the account comes into being with the code. With ' +
    '`SIGN_UP=invited` an `invitation` is required; with `SIGN_UP=closed` nobody is let in. User names and e-mails are unique ' +
    'without regard to case. Instead of a password the account may begin with a passkey, made by the options of `/api/auth/register/passkey-options`. The password may consist of anything, but is refused with the reason when it is easy to guess: ' +
    'four random words are not. The domain of the e-mail may be an internationalised one; it is kept in its ASCII form.',
  tags,
  body: createRegistrationSchema(minLength),
  response: {
    201: { ...ref(RegisteredPairDocument), description: 'The account is made and signed in.' },
    202: {
      ...ref(ChallengeDocument),
      description: 'A code was mailed, with which the account comes into being. Nobody is signed in yet.'
    },
    ...problemResponses(
      ...bodyProblems,
      'already_taken',
      'sign_up_closed',
      'invitation_required',
      'link_invalid',
      'link_expired',
      'link_used',
      'mail_throttled',
      'too_many_tries',
      ...newPasskeyProblems
    )
  }
})

export const confirmRegistration = {
  operationId: 'confirmRegistration',
  summary: 'Make an account by the code',
  description:
    'Makes the account whose registration was answered with 202, and signs it in. The e-mail is verified. There are five tries ' +
    'in an hour, across new codes.',
  tags,
  body: CodeAnswerBody,
  response: {
    201: { ...ref(ConfirmedPairDocument), description: 'The account is made and signed in.' },
    ...problemResponses(...bodyProblems, ...codeProblems, 'already_taken', 'passkey_already_registered')
  }
}

export const login = {
  operationId: 'login',
  summary: 'Sign in',
  description:
    'Begins a session and answers with its first pair of tokens. For an account with a second factor, the right password is ' +
    'answered `second_factor_required`, with a `challenge` for POST /api/auth/login/second-factor.',
  tags,
  body: Credentials,
  response: {
    200: { ...ref(TokenPairDocument), description: 'Signed in.' },
    ...problemResponses(
      ...bodyProblems,
      'invalid_credentials',
      'second_factor_required',
      'account_disabled',
      'sign_in_throttled'
    )
  }
}

/** A lifetime that a client sends back from an answer. The service ignores it. */
const EchoedSeconds = Type.Integer({
  minimum: 0,
  maximum: MAX_TTL,
  description: 'the seconds that were answered'
})

export const refresh = {
  operationId: 'refresh',
  summary: 'Refresh the tokens',
  description:
    'Exchanges a pair whose access token has expired for the next one. The pair given never works again; used a second ' +
    'time after the race leeway, its refresh token ends the session. With an `Idempotency-Key` the request may be repeated ' +
    'when its answer was lost: the same key and pair get the same tokens, as long as nobody has used them to refresh. An ' +
    'answered pair may be sent as it is: what is not a token is not looked at.',
  tags,
  headers: idempotencyHeaders,
  body: Type.Object(
    {
      accessToken: Type.String({ description: 'the access token of the latest pair' }),
      refreshToken: Type.String({ description: 'the refresh token of the latest pair' }),
      tokenType: Type.Optional(
        Type.Unsafe<TokenPair['tokenType']>({ const: 'Bearer', description: 'Bearer, or nothing' })
      ),
      expiresIn: Type.Optional(EchoedSeconds),
      refreshExpiresIn: Type.Optional(EchoedSeconds),
      user: Type.Optional(
        Type.Object(
          { ...userProperties, emailVerified: Type.Optional(EmailVerified) },
          { description: 'as it was answered' }
        )
      ),
      verification: Type.Optional(
        Type.Object(
          { ...ChallengeDocument.properties, expiresIn: EchoedSeconds },
          { description: 'as it was answered' }
        )
      ),
      recoveryCode: Type.Optional(Type.String({ description: 'as it was answered' })),
      recoveryCodes: Type.Optional(RecoveryCodeList)
    },
    {
      additionalProperties: false,
      examples: [exampleTokens]
    }
  ),
  response: {
    200: { ...ref(TokenPairDocument), description: 'The next pair.' },
    ...problemResponses(
      ...bodyProblems,
      'access_token_invalid',
      'access_token_not_expired',
      'refresh_token_invalid',
      'refresh_token_expired',
      'refresh_token_used',
      'refresh_token_revoked',
      'token_pair_mismatch'
    )
  }
}

export const logout = {
  operationId: 'logout',
  summary: 'Sign out',
  description:
    'Ends the session of the access token, the user’s others, or all; their tokens are refused from then on. It answers 204 ' +
    'whatever the token is, so that a client can always forget it; but an expired or stale one can end only its own ' +
    'session. Only a body that cannot be read is refused, for it may have meant other sessions; and a personal access token, ' +
    'which is no session: it ends by `DELETE /api/auth/tokens/{id}`.',
  tags,
  security: [...bearer, {}],
  body: Nullable(
    Type.Object(
      {
        scope: Type.Optional(
          Type.Unsafe<LogoutScope>({
            enum: logoutScopes,
            default: 'local',
            description: 'local, others or all'
          })
        )
      },
      { additionalProperties: false, examples: [{ scope: 'local' }] }
    )
  ),
  response: {
    204: Type.Null({ description: 'Signed out.' }),
    ...problemResponses(
      ...bodyProblems,
      'personal_access_token_invalid',
      'personal_access_token_expired',
      'insufficient_scope'
    )
  }
}
