/** Why a session ended before it expired. */
export const endReasons = [
  'account_deleted',
  'account_disabled',
  'logout',
  'password_changed',
  'password_reset',
  'reuse_detected',
  'signed_out_by_operator',
  'too_many_sessions'
] as const
export type EndReason = (typeof endReasons)[number]

/** What the audit log records. */
export const auditEventTypes = [
  'account_created',
  'account_disabled',
  'account_enabled',
  'signed_in',
  'sign_in_failed',
  'password_changed',
  'password_reset',
  'refresh_token_reused',
  'session_ended'
] as const
export type AuditEventType = (typeof auditEventTypes)[number]
