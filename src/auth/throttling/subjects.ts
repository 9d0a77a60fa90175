import { createHash } from 'node:crypto'

/** The id of what is throttled is a hash, so that the table does not show which e-mails were tried. */
export const hashSubject = (...subject: string[]): string =>
  createHash('sha256').update(JSON.stringify(subject)).digest('base64url')
