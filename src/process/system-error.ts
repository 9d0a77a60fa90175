import { getSystemErrorMessage } from 'node:util'

/** The system refuses a file, a folder or a port. The message is one line, fit for a terminal. */
export class SystemError extends Error {}

/** Describes an error of the system in words and by its name in the manuals: `permission denied (EACCES)`. */
export function describeSystemError(error: unknown): string {
  const { errno, code, message } = error as NodeJS.ErrnoException
  return errno === undefined ? message : `${getSystemErrorMessage(errno)} (${code})`
}
