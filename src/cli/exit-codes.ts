import { ConfigError } from '../config/config.ts'
import { DatabaseError, isOutage, StatementError } from '../db/errors.ts'
import { EXIT_SOFTWARE } from '../process/fatal-errors.ts'
import { describeSystemError, SystemError } from '../process/system-error.ts'

/** What the exit codes say, by the numbers of BSD's sysexits.h; a supervisor need not restart what ends with 78. */
export const EXIT = {
  fault: { code: 1, meaning: 'doctor has found a fault' },
  usage: { code: 64, meaning: 'the command line is wrong' },
  noUser: { code: 67, meaning: 'there is no such user' },
  unavailable: { code: 69, meaning: 'the database, or the backup, cannot be used' },
  internal: { code: EXIT_SOFTWARE, meaning: 'an error of the program itself' },
  exists: { code: 73, meaning: 'a file would have been overwritten' },
  system: { code: 74, meaning: 'the system refused a file, a port or the like' },
  clock: { code: 75, meaning: 'the clock may be wrong, so nothing was done' },
  config: { code: 78, meaning: 'a setting is wrong, or Node is too old' }
} as const

/** A refusal of a command. The message is fit for a terminal. */
export class CommandError extends Error {
  readonly exit: keyof typeof EXIT

  constructor(exit: keyof typeof EXIT, message: string) {
    super(message)
    this.exit = exit
  }
}

/** The exit code that an error ends the program with. */
export const toExitCode = (error: unknown): number => EXIT[classifyError(error)].code

function classifyError(error: unknown): keyof typeof EXIT {
  if (error instanceof CommandError) return error.exit
  if (error instanceof ConfigError) return 'config'
  if (error instanceof DatabaseError || error instanceof StatementError) return 'unavailable'
  const { syscall } = error as NodeJS.ErrnoException
  if (error instanceof SystemError || syscall) return 'system'
  return isOutage(error) ? 'unavailable' : 'internal'
}

/** What an error says, fit for a terminal: of one of the system what it is about, and why in words. */
export function toMessage(error: unknown): string {
  const { message, path, syscall } = error as NodeJS.ErrnoException
  return path && syscall ? `${path}: ${describeSystemError(error)}.` : message
}
