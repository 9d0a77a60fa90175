import { ConfigError } from '../config/config.ts'
import { DatabaseError, isOutage, StatementError } from '../db/errors.ts'
import { EXIT_SOFTWARE } from '../process/fatal-errors.ts'
import { describeSystemError, SystemError } from '../process/system-error.ts'

/** The exit codes, numbered as in BSD's sysexits.h. A supervisor should not restart after 78. */
export const EXIT = {
  fault: { code: 1, meaning: 'the doctor has found a fault' },
  usage: { code: 64, meaning: 'the command line is wrong' },
  noMail: { code: 65, meaning: 'there is no such mail, or it has expired' },
  noUser: { code: 67, meaning: 'there is no such user' },
  unavailable: { code: 69, meaning: 'the database, the backup or the mail server cannot be used' },
  internal: { code: EXIT_SOFTWARE, meaning: 'an error in the program itself' },
  exists: { code: 73, meaning: 'a file or an account exists already' },
  system: { code: 74, meaning: 'the system refused a file, a port or another resource' },
  clock: { code: 75, meaning: 'the clock may be wrong; nothing was done' },
  config: { code: 78, meaning: 'a setting is wrong, or Node is too old' }
} as const

/** A refusal of a command. The message is for people. */
export class CommandError extends Error {
  readonly exit: keyof typeof EXIT

  constructor(exit: keyof typeof EXIT, message: string) {
    super(message)
    this.exit = exit
  }
}

/** The exit code for an error. */
export const toExitCode = (error: unknown): number => EXIT[classifyError(error)].code

function classifyError(error: unknown): keyof typeof EXIT {
  if (error instanceof CommandError) return error.exit
  if (error instanceof ConfigError) return 'config'
  if (error instanceof DatabaseError || error instanceof StatementError) return 'unavailable'
  const { syscall } = error as NodeJS.ErrnoException
  if (error instanceof SystemError || syscall) return 'system'
  return isOutage(error) ? 'unavailable' : 'internal'
}

/** The message of an error, for people. Errors of the system name the path and the reason. */
export function toMessage(error: unknown): string {
  const { message, path, syscall } = error as NodeJS.ErrnoException
  return path && syscall ? `${path}: ${describeSystemError(error)}.` : message
}
