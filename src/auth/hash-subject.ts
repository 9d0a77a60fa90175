import { createHash } from 'node:crypto'

/**
 * The id of a throttle or a challenge by what it is about. A hash needs no index of its own, and does not show which e-mails
 * were tried.
 */
export const hashSubject = (...subject: string[]): string =>
  createHash('sha256').update(JSON.stringify(subject)).digest('base64url')
