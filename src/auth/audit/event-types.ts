/** What the audit log records. */
export const auditEventTypes = [
  'account_created',
  'account_disabled',
  'account_enabled',
  'email_changed',
  'email_reverted',
  'email_verified',
  'factor_added',
  'factor_removed',
  'mail_failed',
  'signed_in',
  'sign_in_failed',
  'passkey_added',
  'passkey_count_went_back',
  'passkey_removed',
  'password_changed',
  'password_reset',
  'recovery_code_used',
  'recovery_codes_replaced',
  'refresh_token_reused',
  'second_factor_failed',
  'session_ended',
  'token_created',
  'token_revoked'
] as const
export type AuditEventType = (typeof auditEventTypes)[number]
