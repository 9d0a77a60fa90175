import { Type } from '@sinclair/typebox'
import {
  AccountDeletion,
  createPasswordChangeSchema,
  UsernameChange
} from '../../src/auth/accounts/schemas.ts'
import { auditEventTypes } from '../../src/auth/audit/event-types.ts'
import { endReasons } from '../../src/auth/sessions/end-reasons.ts'
import type { Config } from '../../src/config/config.ts'
import { Id } from '../../src/http/schemas/id.ts'
import { Nullable, StringEnum } from '../../src/http/schemas/types.ts'
import {
  bearer,
  bearerProblems,
  bodyProblems,
  exampleIds,
  Instant,
  idempotencyHeaders,
  NullableString,
  PageQuery,
  problemResponses,
  ref
} from '../schemas.ts'
import { TokenPairDocument, UserDocument } from './documents.ts'
import { tags } from './schemas.ts'

const exampleClient = {
  device: 'Firefox on Linux',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  ip: '192.0.2.7'
}

const exampleSession = {
  id: exampleIds.session,
  current: true,
  ...exampleClient,
  createdAt: '2026-11-23T09:24:00.000Z',
  lastUsedAt: '2026-11-23T09:30:00.000Z',
  idleExpiresAt: '2026-12-23T09:30:00.000Z',
  absoluteExpiresAt: '2027-05-22T09:24:00.000Z'
}

export const SessionDocument = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    current: Type.Boolean({ description: 'whether it is the one that asks' }),
    device: NullableString('the user agent, made readable'),
    userAgent: NullableString('the user agent, as it was last sent'),
    ip: NullableString('the address that it was last used from'),
    createdAt: Instant('when it began, with a sign-in'),
    lastUsedAt: Instant('when it was last refreshed'),
    idleExpiresAt: Instant('when it ends unless it is refreshed before'),
    absoluteExpiresAt: Instant('when it ends in any case')
  },
  { $id: 'Session', description: 'A place where the user is signed in.', examples: [exampleSession] }
)

const exampleEvent = {
  id: '01a20991-3a5b-7b1e-a5d2-7c4f8e60d913',
  type: 'signed_in',
  createdAt: '2026-11-23T09:24:00.000Z',
  sessionId: exampleIds.session,
  endReason: null,
  ...exampleClient,
  otherUserAgent: null,
  otherIp: null
}

export const AuditEventDocument = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    type: StringEnum(auditEventTypes),
    createdAt: Instant('when it happened'),
    sessionId: NullableString('the session that it is about'),
    endReason: Nullable(StringEnum(endReasons, { description: 'why the session ended' })),
    device: NullableString('the user agent, made readable'),
    userAgent: NullableString('the user agent of the request'),
    ip: NullableString('the address of the request'),
    otherUserAgent: NullableString('of a re-used refresh token: the user agent that had used it before'),
    otherIp: NullableString('of a re-used refresh token: the address that had used it before')
  },
  { $id: 'Event', description: 'Something that happened to the account.', examples: [exampleEvent] }
)

export const AuditEventPageDocument = Type.Object(
  {
    items: Type.Array(ref(AuditEventDocument)),
    nextCursor: NullableString('the `cursor` of the next page; null at the end')
  },
  {
    $id: 'EventPage',
    description: 'A page of events, the latest first.',
    examples: [{ items: [exampleEvent], nextCursor: null }]
  }
)

export const me = {
  operationId: 'getMe',
  summary: 'Who am I',
  description: 'The account that the access token stands for.',
  tags,
  security: bearer,
  response: {
    200: { ...ref(UserDocument), description: 'The account.' },
    ...problemResponses(...bearerProblems)
  }
}

export const renameMe = {
  operationId: 'renameMe',
  summary: 'Change the user name',
  description:
    'It cannot be the password, whatever its case. The refusal tells that, so changes are slowed down as sign-ins are.',
  tags,
  security: bearer,
  body: UsernameChange,
  response: {
    200: { ...ref(UserDocument), description: 'The account as it is now.' },
    ...problemResponses(...bodyProblems, ...bearerProblems, 'already_taken', 'sign_in_throttled')
  }
}

export const deleteMe = {
  operationId: 'deleteMe',
  summary: 'Delete the account',
  description:
    'Deletes the account with its sessions, events and todos. Its tokens are refused from then on. The password may be left out ' +
    'while the session is fresh. An account that has a second factor or a passkey asks for a fresh session in any case.',
  tags,
  security: bearer,
  body: Nullable(AccountDeletion),
  response: {
    204: Type.Null({ description: 'The account is gone.' }),
    ...problemResponses(
      ...bodyProblems,
      ...bearerProblems,
      'reauthentication_required',
      'password_wrong',
      'sign_in_throttled'
    )
  }
}

export const changePassword = ({ password: { minLength } }: Config) => ({
  operationId: 'changePassword',
  summary: 'Change the password',
  description:
    'Makes every access token of the account stale at once. Its sessions go on: each gets a new access token by refreshing. ' +
    'The answer is a new pair for this one; should it get lost, a refresh of the old pair with the same `Idempotency-Key` gets ' +
    'it. `endOtherSessions` ends the others. The new password is held to what is asked of the first, and cannot be the present ' +
    'one. Only an account without a password leaves `currentPassword` out, and takes a fresh session for its first one. An ' +
    'account that has a second factor or a passkey asks for a fresh session in any case.',
  tags,
  security: bearer,
  headers: idempotencyHeaders,
  body: createPasswordChangeSchema(minLength),
  response: {
    200: { ...ref(TokenPairDocument), description: 'The password is changed; the new pair.' },
    ...problemResponses(
      ...bodyProblems,
      ...bearerProblems,
      'reauthentication_required',
      'password_wrong',
      'sign_in_throttled'
    )
  }
})

export const listSessions = {
  operationId: 'listSessions',
  summary: 'Where am I signed in',
  description: 'The live sessions, the last used first. There are at most `MAX_SESSIONS`.',
  tags,
  security: bearer,
  response: {
    200: Type.Object(
      { items: Type.Array(ref(SessionDocument)) },
      {
        description: 'The sessions.',
        examples: [
          { items: [exampleSession, { ...exampleSession, id: exampleIds.otherSession, current: false }] }
        ]
      }
    ),
    ...problemResponses(...bearerProblems)
  }
}

export const endSession = {
  operationId: 'endSession',
  summary: 'End a session',
  description:
    'Signs out elsewhere. Its tokens are refused from then on. To end another session than the own one takes a fresh session.',
  tags,
  security: bearer,
  params: Type.Object({ id: { ...Id, examples: [exampleIds.otherSession] } }),
  response: {
    204: Type.Null({ description: 'It has ended.' }),
    ...problemResponses(
      'validation_failed',
      'reauthentication_required',
      'session_not_found',
      'uri_too_long',
      ...bearerProblems
    )
  }
}

export const listEvents = {
  operationId: 'listEvents',
  summary: 'What happened to my account',
  description: 'Sign-ins, refusals, changes and endings, the latest first, a page at a time.',
  tags,
  security: bearer,
  querystring: PageQuery,
  response: {
    200: { ...ref(AuditEventPageDocument), description: 'A page of events.' },
    ...problemResponses('validation_failed', ...bearerProblems)
  }
}
