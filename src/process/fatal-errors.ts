import { inspect, types } from 'node:util'
import { DrizzleQueryError } from 'drizzle-orm'
import { stdSerializers } from 'pino'
import { StatementError } from '../db/errors.ts'

/** The part of a logger that is needed. */
interface Logger {
  readonly fatal: (entry: object, message: string) => void
  readonly warn: (entry: object, message: string) => void
}

/** The exit code of an error of the program itself (`EX_SOFTWARE` of BSD's sysexits.h). */
export const EXIT_SOFTWARE = 70

/** The events that `handleFatalErrors` handles. Other handlers of signals must leave them alone. */
export const FATAL_EVENTS = ['uncaughtException', 'unhandledRejection'] as const

const MESSAGES = {
  uncaughtException: 'an error outside any request ends the process',
  unhandledRejection: 'a rejection outside any request ends the process'
}

export interface FatalErrorOptions {
  /** The logger of the moment: the app has its own once it is built. */
  readonly log: () => Logger
  /** Whether anybody can read the log. */
  readonly isLogReadable: () => boolean
  /** Finishes the requests in progress and flushes the log. */
  readonly end: () => Promise<void>
  /** Milliseconds that `end` may take. */
  readonly timeout: number
}

/**
 * Ends the process on an error that nothing has caught, because the state of the process is unknown then. The error is
 * logged, or written to standard error when nobody can read the log; the exit code is `EXIT_SOFTWARE`. Warnings of Node are
 * logged as well.
 */
export function handleFatalErrors({ log, isLogReadable, end, timeout }: FatalErrorOptions): void {
  let isEnding = false
  process.on('warning', warning => log().warn({ err: warning }, 'a warning of Node'))

  process.on('uncaughtException', (thrown, origin) => {
    const err = sanitizeError(thrown)
    process.once('exit', () => {
      process.exitCode = EXIT_SOFTWARE
      if (!isLogReadable()) process.stderr.write(`${MESSAGES[origin]}: ${err.stack}\n`)
    })
    if (isLogReadable()) log().fatal({ err }, MESSAGES[origin])
    // A second error may keep `end` from ever finishing.
    if (isEnding) process.exit()
    isEnding = true
    setTimeout(() => process.exit(), timeout).unref()
    end().then(() => process.exit())
  })
}

/**
 * Makes an error that can be logged of what was thrown, which can be any value. This function never throws: a second error
 * in the handler would end the process without a word about the first.
 */
export function sanitizeError(thrown: unknown): Error {
  try {
    const error = reduceError(thrown)
    // The logger reads the causes as well, and their getters may throw.
    stdSerializers.err(error)
    return error
  } catch {
    return new Error('what was thrown cannot be read')
  }
}

/**
 * Reduces an error to name, message, stack, cause and code. Other properties, and the messages of Drizzle, quote values of
 * statements.
 * @throws whatever the getters and traps of the value throw
 */
function reduceError(thrown: unknown): Error {
  if (thrown instanceof DrizzleQueryError) return reduceError(new StatementError('a statement', thrown))
  const error = types.isNativeError(thrown) ? thrown : new Error(inspect(thrown))
  const { message, stack, cause, code }: NodeJS.ErrnoException = error
  const hidden = { message: { value: `${message}` }, stack: { value: `${stack}` }, cause: { value: cause } }
  return Object.create(Object.getPrototypeOf(error), { ...hidden, code: { value: code, enumerable: true } })
}

/** Makes a function run once. Later calls get the promise of the first call. */
export function onlyOnce<Arguments extends unknown[]>(end: (...args: Arguments) => Promise<void>) {
  let ending: Promise<void> | undefined
  return (...args: Arguments) => {
    ending ??= end(...args)
    return ending
  }
}
