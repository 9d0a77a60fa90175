import { Type } from '@sinclair/typebox'
import {
  createPasswordResetSchema,
  EmailChange,
  EmailRevert,
  ResetRequest
} from '../../src/auth/accounts/schemas.ts'
import type { Config } from '../../src/config/config.ts'
import {
  bearer,
  bearerProblems,
  bodyProblems,
  idempotencyHeaders,
  problemResponses,
  ref
} from '../schemas.ts'
import { ChallengeDocument, TokenPairDocument, UserDocument } from './documents.ts'
import { CodeAnswerBody, codeProblems, tags } from './schemas.ts'

/** The problems of the link of a mail. */
const linkProblems = ['link_invalid', 'link_expired', 'link_used', 'mail_not_configured'] as const

export const requestVerification = {
  operationId: 'requestVerification',
  summary: 'Mail a code that verifies the e-mail',
  description:
    'Mails six digits to the e-mail of the account. They are good for ten minutes; a new code makes the one before worthless.',
  tags,
  security: bearer,
  response: {
    202: { ...ref(ChallengeDocument), description: 'The code is on its way.' },
    ...problemResponses(
      ...bodyProblems,
      ...bearerProblems,
      'mail_not_configured',
      'mail_throttled',
      'too_many_tries'
    )
  }
}

export const confirmVerification = {
  operationId: 'confirmVerification',
  summary: 'Verify the e-mail',
  description:
    'Verifies the e-mail by the code. There are five tries in an hour, across new codes. Access tokens tell it from the next ' +
    'refresh on.',
  tags,
  security: bearer,
  body: CodeAnswerBody,
  response: {
    200: { ...ref(UserDocument), description: 'The account, with its e-mail verified.' },
    ...problemResponses(...bodyProblems, ...bearerProblems, ...codeProblems)
  }
}

export const changeEmail = {
  operationId: 'changeEmail',
  summary: 'Change the e-mail',
  description:
    'Mails a code to the new address. Nothing changes before the code is given. The answer does not tell whether the address ' +
    'belongs to another account; then its owner gets a mail, which has no code. `currentPassword` may be left out while the ' +
    'session is fresh. An account that has a second factor or a passkey asks for a fresh session in any case.',
  tags,
  security: bearer,
  body: EmailChange,
  response: {
    202: { ...ref(ChallengeDocument), description: 'The code is on its way to the new address.' },
    ...problemResponses(
      ...bodyProblems,
      ...bearerProblems,
      'reauthentication_required',
      'password_wrong',
      'sign_in_throttled',
      'mail_not_configured',
      'mail_throttled',
      'too_many_tries'
    )
  }
}

export const confirmEmailChange = {
  operationId: 'confirmEmailChange',
  summary: 'Confirm the new e-mail',
  description:
    'Changes the e-mail by the code. Every other access token of the account becomes stale at once; the answer is a new pair ' +
    'for this session. Should it get lost, a refresh of the old pair with the same `Idempotency-Key` gets it. The old address ' +
    'gets a mail, with a link that for seven days puts it back.',
  tags,
  security: bearer,
  headers: idempotencyHeaders,
  body: CodeAnswerBody,
  response: {
    200: { ...ref(TokenPairDocument), description: 'The e-mail is changed; the new pair.' },
    ...problemResponses(
      ...bodyProblems,
      ...bearerProblems,
      ...codeProblems,
      'reauthentication_required',
      'already_taken'
    )
  }
}

export const revertEmail = {
  operationId: 'revertEmail',
  summary: 'Put the old e-mail back',
  description:
    'Undoes a change of the e-mail by the token of the link that the old address was mailed, good for seven days and once. Ends ' +
    'all sessions, and mails a link to set a new password to that address, for somebody else knows the present one.',
  tags,
  body: EmailRevert,
  response: {
    204: Type.Null({ description: 'The e-mail is the old one again.' }),
    ...problemResponses(...bodyProblems, ...linkProblems)
  }
}

export const requestPasswordReset = {
  operationId: 'requestPasswordReset',
  summary: 'Forgot the password',
  description:
    'Mails a link to set a new password, if there is an account with the address. The answer is the same if there is none.',
  tags,
  body: ResetRequest,
  response: {
    202: Type.Object(
      {},
      { description: 'If there is an account with the address, a link is on its way.', examples: [{}] }
    ),
    ...problemResponses(...bodyProblems, 'mail_not_configured', 'mail_throttled')
  }
}

export const resetPassword = ({ password: { minLength } }: Config) => ({
  operationId: 'resetPassword',
  summary: 'Set a new password by a link',
  description:
    'Sets a new password by the token of the link that was mailed, good for an hour and once. Ends all sessions, unless ' +
    '`endSessions` is false: then they go on, each with a new access token by a refresh. It marks the address as verified, and ' +
    'signs nobody in. If the address was not verified before, all sessions, tokens for programs, second factors and passkeys go.',
  tags,
  body: createPasswordResetSchema(minLength),
  response: {
    204: Type.Null({ description: 'The password is set.' }),
    ...problemResponses(...bodyProblems, ...linkProblems, 'account_disabled')
  }
})
