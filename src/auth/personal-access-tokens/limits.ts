/** Tokens of an account, those that have expired and are still listed included. */
export const MAX_TOKENS = 50
export const MAX_TOKEN_NAME = 100
/** Seconds: a year may have 366 days. */
export const MAX_TOKEN_TTL = 366 * 86_400
export const DEFAULT_TOKEN_TTL = 30 * 86_400
