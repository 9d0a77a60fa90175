/** What the audit log records. */
export const auditEventTypes = [
  'account_created',
  'account_disabled',
  'account_enabled',
  'email_changed',
  'email_reverted',
  'email_verified',
  'mail_failed',
  'signed_in',
  'sign_in_failed',
  'password_changed',
  'password_reset',
  'refresh_token_reused',
  'session_ended',
  'token_created',
  'token_revoked'
] as const
export type AuditEventType = (typeof auditEventTypes)[number]
