import { Type } from '@sinclair/typebox'
import { SecondFactorLogin, TotpConfirmation } from '../../../src/auth/factors/schemas.ts'
import { MAX_TOTP_FACTORS } from '../../../src/auth/factors/statements.ts'
import { Id } from '../../../src/http/schemas/id.ts'
import { Nullable } from '../../../src/http/schemas/types.ts'
import { bearer, bearerProblems, bodyProblems, exampleIds, problemResponses, ref } from '../../schemas.ts'
import { knownPasskeyProblems } from '../passkeys/schemas.ts'
import { tags } from '../schemas.ts'
import {
  ConfirmedFactorDocument,
  FactorListDocument,
  NewTotpFactorDocument,
  RecoveryCodesDocument,
  SecondFactorPairDocument
} from './documents.ts'

const params = Type.Object({ id: { ...Id, examples: [exampleIds.factor] } })

/** The body of a request that says nothing by it: none, or an object without members. */
const NoMembers = Nullable(Type.Object({}, { additionalProperties: false, examples: [{}] }))

/** The problems of what could take the account over. */
const freshProblems = [...bearerProblems, 'reauthentication_required'] as const

export const listFactors = {
  operationId: 'listFactors',
  summary: 'My second factors',
  description:
    'The authenticator apps, also one that is not confirmed yet, and how many recovery codes are left.',
  tags,
  security: bearer,
  response: {
    200: { ...ref(FactorListDocument), description: 'The factors.' },
    ...problemResponses(...bearerProblems)
  }
}

export const beginTotp = {
  operationId: 'beginTotp',
  summary: 'Begin to set up an authenticator app',
  description:
    'Takes a fresh session. Show `uri` as a QR code, and `secret` to those who cannot scan one. The app counts once it is ' +
    'confirmed; until then the next beginning takes its place, and after a day it goes. Codes have six digits and change every ' +
    `30 seconds (RFC 6238, SHA-1). An account has ${MAX_TOTP_FACTORS} of them at most.`,
  tags,
  security: bearer,
  body: NoMembers,
  response: {
    201: { ...ref(NewTotpFactorDocument), description: 'Begun; confirm it by the first code.' },
    ...problemResponses(...bodyProblems, ...freshProblems, 'too_many_factors', 'sealing_not_configured')
  }
}

export const confirmTotp = {
  operationId: 'confirmTotp',
  summary: 'Confirm an authenticator app',
  description:
    'Takes a fresh session. From then on the password alone signs nobody in. An account without recovery codes gets ten, which ' +
    'are shown once: they are the way in for somebody who has lost the device.',
  tags,
  security: bearer,
  params,
  body: TotpConfirmation,
  response: {
    200: { ...ref(ConfirmedFactorDocument), description: 'It counts.' },
    ...problemResponses(
      ...bodyProblems,
      ...freshProblems,
      'second_factor_wrong',
      'factor_not_found',
      'factor_confirmed',
      'uri_too_long'
    )
  }
}

export const deleteFactor = {
  operationId: 'deleteFactor',
  summary: 'Remove an authenticator app',
  description:
    'Takes a fresh session. With the last second factor the recovery codes go, too, and the password alone signs in again. The ' +
    'owner is told by mail.',
  tags,
  security: bearer,
  params,
  response: {
    204: Type.Null({ description: 'It is gone.' }),
    ...problemResponses('validation_failed', ...freshProblems, 'factor_not_found', 'uri_too_long')
  }
}

export const replaceRecoveryCodes = {
  operationId: 'replaceRecoveryCodes',
  summary: 'Make new recovery codes',
  description:
    'Takes a fresh session. Makes ten new codes; the old ones work no more. The owner is told by mail.',
  tags,
  security: bearer,
  body: NoMembers,
  response: {
    200: { ...ref(RecoveryCodesDocument), description: 'The codes, shown once.' },
    ...problemResponses(...bodyProblems, ...freshProblems, 'no_second_factor')
  }
}

export const loginWithSecondFactor = {
  operationId: 'loginWithSecondFactor',
  summary: 'Sign in: the second factor',
  description:
    'Goes on with a sign-in that was answered `second_factor_required`, within five minutes. A code of an authenticator app is ' +
    'taken once, and may be half a minute early or late. A recovery code is used up, and the answer has another one in its ' +
    'place. Five wrong answers void the challenge, not the account: a new sign-in with the password goes on at once.',
  tags,
  body: SecondFactorLogin,
  response: {
    200: { ...ref(SecondFactorPairDocument), description: 'Signed in.' },
    ...problemResponses(
      ...bodyProblems,
      'sign_in_expired',
      'second_factor_wrong',
      'account_disabled',
      'sign_in_throttled',
      ...knownPasskeyProblems
    )
  }
}
