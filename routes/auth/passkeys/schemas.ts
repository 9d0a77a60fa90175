import { Type } from '@sinclair/typebox'
import { NewPasskey, PasskeyPatch, PasskeyProof, SignUpOwner } from '../../../src/auth/passkeys/schemas.ts'
import { Id } from '../../../src/http/schemas/id.ts'
import { bearer, bearerProblems, bodyProblems, exampleIds, problemResponses, ref } from '../../schemas.ts'
import { TokenPairDocument } from '../documents.ts'
import {
  AddedPasskeyDocument,
  examplePasskey,
  PasskeyCreationOptionsDocument,
  PasskeyDocument,
  PasskeyRequestOptionsDocument
} from './documents.ts'

const tags = ['passkeys']
const params = Type.Object({ id: { ...Id, examples: [exampleIds.passkey] } })

/** The problems of a passkey that is not good. */
const proofProblems = [
  'passkeys_not_configured',
  'passkey_malformed',
  'passkey_challenge_invalid',
  'passkey_challenge_expired',
  'passkey_origin_refused',
  'passkey_user_not_verified'
] as const

/** The problems of a passkey that an account has, or has not. */
export const knownPasskeyProblems = [...proofProblems, 'passkey_not_recognized'] as const

/** The problems of a passkey that was made. */
export const newPasskeyProblems = [
  ...proofProblems,
  'passkey_unsupported',
  'passkey_already_registered'
] as const

export const createOptions = {
  operationId: 'createPasskeyOptions',
  summary: 'Begin to add a passkey',
  description:
    'Takes a fresh session. What a browser needs to make a passkey for the account. Nothing is written.',
  tags,
  security: bearer,
  response: {
    200: { ...ref(PasskeyCreationOptionsDocument), description: 'For the authenticator.' },
    ...problemResponses(
      ...bodyProblems,
      ...bearerProblems,
      'reauthentication_required',
      'passkeys_not_configured',
      'too_many_passkeys'
    )
  }
}

export const addPasskey = {
  operationId: 'addPasskey',
  summary: 'Add a passkey',
  description:
    'Takes a fresh session. Adds a passkey that was made by the options. Whoever holds it can sign in with it alone, and from then on the password alone ' +
    'is not enough any more. An account without another second factor gets recovery codes. The owner gets a mail. Members of `passkey` that are not listed are not looked at.',
  tags,
  security: bearer,
  body: NewPasskey,
  response: {
    201: { ...ref(AddedPasskeyDocument), description: 'The passkey.' },
    ...problemResponses(
      ...bodyProblems,
      ...bearerProblems,
      ...newPasskeyProblems,
      'reauthentication_required',
      'too_many_passkeys'
    )
  }
}

export const listPasskeys = {
  operationId: 'listPasskeys',
  summary: 'Which passkeys the account has',
  description: 'The passkeys, the oldest first. There are at most 20.',
  tags,
  security: bearer,
  response: {
    200: Type.Object(
      { items: Type.Array(ref(PasskeyDocument)) },
      { description: 'The passkeys.', examples: [{ items: [examplePasskey] }] }
    ),
    ...problemResponses(...bearerProblems)
  }
}

export const patchPasskey = {
  operationId: 'patchPasskey',
  summary: 'Rename a passkey',
  description: 'Changes what the user calls it.',
  tags,
  security: bearer,
  params,
  body: PasskeyPatch,
  response: {
    200: { ...ref(PasskeyDocument), description: 'The passkey as it is now.' },
    ...problemResponses(...bodyProblems, ...bearerProblems, 'passkey_not_found', 'uri_too_long')
  }
}

export const removePasskey = {
  operationId: 'removePasskey',
  summary: 'Remove a passkey',
  description:
    'Takes a fresh session. Nobody signs in with it any more. Sessions that it began go on. The only passkey of an account without a password stays. The ' +
    'owner gets a mail.',
  tags,
  security: bearer,
  params,
  response: {
    204: Type.Null({ description: 'It is gone.' }),
    ...problemResponses(
      'validation_failed',
      ...bearerProblems,
      'reauthentication_required',
      'passkey_not_found',
      'last_way_in',
      'uri_too_long'
    )
  }
}

export const createSignUpOptions = {
  operationId: 'createPasskeySignUpOptions',
  summary: 'Begin to register with a passkey',
  description:
    'What a browser needs to make a passkey with which an account begins: send it to `/api/auth/register` as `passkey`, in place ' +
    'of a password. Nothing is written. The names may be changed before that.',
  tags,
  body: SignUpOwner,
  response: {
    200: { ...ref(PasskeyCreationOptionsDocument), description: 'For the authenticator.' },
    ...problemResponses(...bodyProblems, 'passkeys_not_configured', 'sign_up_closed', 'already_taken')
  }
}

export const createSignInOptions = {
  operationId: 'createPasskeySignInOptions',
  summary: 'Begin to sign in by a passkey',
  description:
    'What a browser needs to use a passkey: to sign in, as a second factor, or to authenticate again. The same for everybody; ' +
    'nothing is written. Good for conditional mediation (the autofill of a form), too.',
  tags,
  response: {
    200: { ...ref(PasskeyRequestOptionsDocument), description: 'For the authenticator.' },
    ...problemResponses(...bodyProblems, 'passkeys_not_configured')
  }
}

export const signIn = {
  operationId: 'loginWithPasskey',
  summary: 'Sign in by a passkey',
  description:
    'Begins a session, whose level is that of two factors, and answers with its first pair of tokens. Whether no account has the ' +
    'passkey or its signature is wrong is not told.',
  tags,
  body: PasskeyProof,
  response: {
    200: { ...ref(TokenPairDocument), description: 'Signed in.' },
    ...problemResponses(...bodyProblems, ...knownPasskeyProblems, 'account_disabled')
  }
}
