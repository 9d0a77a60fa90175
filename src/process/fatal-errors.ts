import { inspect, types } from 'node:util'
import { DrizzleQueryError } from 'drizzle-orm'
import { StatementError } from '../db/errors.ts'

/** As much of a logger as it takes. */
interface Logger {
  readonly fatal: (entry: object, message: string) => void
  readonly warn: (entry: object, message: string) => void
}

/** The exit code of an error of the program itself (`EX_SOFTWARE` of BSD's sysexits.h). */
export const EXIT_SOFTWARE = 70

/** What others that end the process leave to this. */
export const FATAL_EVENTS = ['uncaughtException', 'unhandledRejection'] as const

const MESSAGES = {
  uncaughtException: 'an error outside any request ends the process',
  unhandledRejection: 'a rejection outside any request ends the process'
}

export interface FatalErrorOptions {
  /** Where to say so; it may come about only while the process starts. */
  readonly log: () => Logger
  /** Whether what is said there can be read. */
  readonly isLogReadable: () => boolean
  /** Answers what is under way and writes the log out. */
  readonly end: () => Promise<void>
  /** The milliseconds that this may take. */
  readonly timeout: number
}

/**
 * Has the process say what ends it, when that is an error that nobody has caught: its state is unknown then. It ends with an
 * exit code of its own, whichever way it gets there. Whoever has turned the log off, or has lost it, is told on standard error.
 * What Node warns of is logged as well.
 */
export function handleFatalErrors({
  log,
  isLogReadable: isHeard,
  end,
  timeout: limit
}: FatalErrorOptions): void {
  let isEnding = false
  process.on('warning', warning => log().warn({ err: warning }, 'a warning of Node'))

  process.on('uncaughtException', (thrown, origin) => {
    const err = sanitizeError(thrown)
    process.once('exit', () => {
      process.exitCode = EXIT_SOFTWARE
      if (!isHeard()) process.stderr.write(`${MESSAGES[origin]}: ${err.stack}\n`)
    })
    if (isHeard()) log().fatal({ err }, MESSAGES[origin])
    // Once is enough to have to end; twice, it may never get there.
    if (isEnding) process.exit()
    isEnding = true
    setTimeout(() => process.exit(), limit).unref()
    end().then(() => process.exit())
  })
}

/** Without what else an error carries, and what Drizzle's quotes: values of statements. Anything can be thrown. */
function sanitizeError(thrown: unknown): Error {
  if (thrown instanceof DrizzleQueryError) return sanitizeError(new StatementError('a statement', thrown))
  const error = types.isNativeError(thrown) ? thrown : new Error(inspect(thrown))
  const { message, stack, cause, code }: NodeJS.ErrnoException = error
  const hidden = { message: { value: message }, stack: { value: stack }, cause: { value: cause } }
  return Object.create(Object.getPrototypeOf(error), { ...hidden, code: { value: code, enumerable: true } })
}

/** Has an end come about once, whoever asks for it, and however often. */
export function onlyOnce<Arguments extends unknown[]>(end: (...args: Arguments) => Promise<void>) {
  let ending: Promise<void> | undefined
  return (...args: Arguments) => {
    ending ??= end(...args)
    return ending
  }
}
