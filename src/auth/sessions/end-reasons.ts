/** Why a session ended before it expired. */
export const endReasons = [
  'account_deleted',
  'account_disabled',
  'email_reverted',
  'logout',
  'password_changed',
  'password_reset',
  'reuse_detected',
  'signed_out_by_operator',
  'too_many_sessions'
] as const
export type EndReason = (typeof endReasons)[number]
