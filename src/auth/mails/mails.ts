import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { BoundStatement } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { createOutbox } from '../../mail/outbox.ts'
import type { AuditSource } from '../audit/audit-log.ts'
import { CODE_TTL_SECONDS } from '../challenges/challenges.ts'

const DAY_MS = 86_400_000
/** Milliseconds for which a link to reset the password is good. */
export const RESET_TTL_MS = 3_600_000
/** Milliseconds for which an invitation, and the link that puts a former e-mail back, are good. */
export const INVITATION_TTL_MS = 7 * DAY_MS
export const REVERT_TTL_MS = 7 * DAY_MS
/** Milliseconds for which the service tries to tell of something that has happened. */
const NOTICE_TTL_MS = 3 * DAY_MS

/**
 * Why somebody gets a link to set a password: on request, by an operator, for an account that an operator has made, or after
 * the owner has put a former e-mail back.
 */
const ResetReason = Type.Union([
  Type.Literal('requested'),
  Type.Literal('sent_by_operator'),
  Type.Literal('account_created'),
  Type.Literal('email_reverted')
])
export type ResetReason = Static<typeof ResetReason>

/** What a notice about a second factor is about; several where an operator has removed all. */
const Factor = Type.Union([Type.Literal('totp'), Type.Literal('passkey'), Type.Literal('several')])
export type Factor = Static<typeof Factor>

/** What the row of a mail knows of what the mail tells. */
const MailData = Type.Object({
  username: Type.Optional(Type.String()),
  challengeId: Type.Optional(Type.String()),
  /** Of a former e-mail or an invitation. */
  linkId: Type.Optional(Type.String()),
  newEmail: Type.Optional(Type.String()),
  /** Of a personal access token. */
  tokenName: Type.Optional(Type.String()),
  resetReason: Type.Optional(ResetReason),
  factor: Type.Optional(Factor),
  ip: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  userAgent: Type.Optional(Type.Union([Type.String(), Type.Null()]))
})
export type MailData = Readonly<Static<typeof MailData>>

export const parseMailData = (data: unknown): MailData => Value.Parse(MailData, data)

/** The mails that tell owners of what has happened to their accounts. */
export type NoticeKind =
  | 'password_changed'
  | 'password_reset_done'
  | 'email_changed'
  | 'refresh_token_reused'
  | 'sign_in_throttled'
  | 'account_deleted'
  | 'account_disabled'
  | 'account_enabled'
  | 'passkey_count_went_back'
  | 'factor_added'
  | 'factor_removed'
  | 'recovery_code_used'
  | 'recovery_codes_replaced'
  | 'second_factor_failed'
  | 'token_created'

/** The mails with a code. */
export type CodeKind = 'verification_code' | 'registration_code' | 'email_change_code'

/** Whom a notice is for. */
interface Owner {
  readonly id: string | null
  readonly username: string
  readonly email: string
}

/** Makes the statements that put the mails of accounts into the outbox, for the transactions of what they tell of. */
export function createAuthMails(store: Store, isEnabled: boolean) {
  const { bindMail } = createOutbox(store, isEnabled)

  return {
    isEnabled,

    /** Tells an owner, at the address that the account has, or had before the change. */
    bindNotice: (
      kind: NoticeKind,
      { id, username, email }: Owner,
      { ip, userAgent }: AuditSource,
      data: MailData = {}
    ): BoundStatement =>
      bindMail({
        kind,
        address: email,
        userId: id,
        data: { username, ip, userAgent, ...data } satisfies MailData,
        lifetimeMs: NOTICE_TTL_MS
      }),

    /** Sends the code of a challenge. */
    bindCode: (
      kind: CodeKind,
      { email, userId }: { email: string; userId: string | null },
      challengeId: string
    ): BoundStatement =>
      bindMail({
        kind,
        address: email,
        userId,
        data: { challengeId } satisfies MailData,
        lifetimeMs: CODE_TTL_SECONDS * 1000
      }),

    /** Sends a link to reset the password, if there is an account with the address when the mail is sent. */
    bindReset: (email: string, resetReason: ResetReason): BoundStatement =>
      bindMail({
        kind: 'password_reset',
        address: email,
        userId: null,
        data: { resetReason } satisfies MailData,
        lifetimeMs: RESET_TTL_MS
      }),

    bindInvitation: (email: string, linkId: string): BoundStatement =>
      bindMail({
        kind: 'invitation',
        address: email,
        userId: null,
        data: { linkId } satisfies MailData,
        lifetimeMs: INVITATION_TTL_MS
      })
  }
}

export type AuthMails = ReturnType<typeof createAuthMails>
