import { inspect, types } from 'node:util'
import { DrizzleQueryError } from 'drizzle-orm'
import { StatementFailed } from './db/failures.ts'

/** As much of a logger as it takes. */
interface Log {
  readonly fatal: (entry: object, message: string) => void
  readonly warn: (entry: object, message: string) => void
}

/** The exit code of an error of the program itself (`EX_SOFTWARE` of BSD's sysexits.h). */
export const SOFTWARE_FAULT = 70

/** What others that end the process leave to this. */
export const ERRORS = ['uncaughtException', 'unhandledRejection'] as const

const TEXTS = {
  uncaughtException: 'an error outside any request ends the process',
  unhandledRejection: 'a rejection outside any request ends the process'
}

export interface LastWordOptions {
  /** Where to say so; it may come about only while the process starts. */
  readonly log: () => Log
  /** Whether what is said there can be read. */
  readonly isHeard: () => boolean
  /** Answers what is under way and writes the log out. */
  readonly end: () => Promise<void>
  /** The milliseconds that this may take. */
  readonly limit: number
}

/**
 * Has the process say what ends it, when that is an error that nobody has caught: its state is unknown then. It ends with an
 * exit code of its own, whichever way it gets there. Whoever has turned the log off, or has lost it, is told on standard error.
 * What Node warns of is logged as well.
 */
export function haveLastWord({ log, isHeard, end, limit }: LastWordOptions): void {
  let isEnding = false
  process.on('warning', warning => log().warn({ err: warning }, 'a warning of Node'))

  process.on('uncaughtException', (thrown, origin) => {
    const err = described(thrown)
    process.once('exit', () => {
      process.exitCode = SOFTWARE_FAULT
      if (!isHeard()) process.stderr.write(`${TEXTS[origin]}: ${err.stack}\n`)
    })
    if (isHeard()) log().fatal({ err }, TEXTS[origin])
    // Once is enough to have to end; twice, it may never get there.
    if (isEnding) process.exit()
    isEnding = true
    setTimeout(() => process.exit(), limit).unref()
    end().then(() => process.exit())
  })
}

/** Without what else an error carries, and what Drizzle's quotes: values of statements. Anything can be thrown. */
function described(thrown: unknown): Error {
  if (thrown instanceof DrizzleQueryError) return described(new StatementFailed('a statement', thrown))
  const error = types.isNativeError(thrown) ? thrown : new Error(inspect(thrown))
  const { message, stack, cause, code }: NodeJS.ErrnoException = error
  const hidden = { message: { value: message }, stack: { value: stack }, cause: { value: cause } }
  return Object.create(Object.getPrototypeOf(error), { ...hidden, code: { value: code, enumerable: true } })
}

/** Has an end come about once, whoever asks for it, and however often. */
export function once<Arguments extends unknown[]>(end: (...given: Arguments) => Promise<void>) {
  let ending: Promise<void> | undefined
  return (...given: Arguments) => {
    ending ??= end(...given)
    return ending
  }
}
