import { REQUESTS_PER_MINUTE } from '../../src/auth/limits.ts'

/** The media type of a form. */
export const FORM_TYPES = ['application/x-www-form-urlencoded']

/** A stricter limit for forms, which check or hash a password. */
export const FORM_ROUTE = { rateLimit: REQUESTS_PER_MINUTE.account }
