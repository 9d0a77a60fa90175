import { getSystemErrorMessage } from 'node:util'

/** A file, a folder or a port that the system refuses. The message is one line, fit for a terminal. */
export class SystemError extends Error {}

/** What the system said, in words and as the name that manuals list it by: `permission denied (EACCES)`. */
export function describeSystemError(error: unknown): string {
  const { errno, code, message } = error as NodeJS.ErrnoException
  return errno === undefined ? message : `${getSystemErrorMessage(errno)} (${code})`
}
