import { once } from 'node:events'
import pino, { type BaseLogger, destination } from 'pino'
import type { Config } from '../config/config.ts'
import { describeSystemError } from './system-error.ts'

/** The most bytes that POSIX has a pipe take in one piece, whoever else writes to it; Linux's number. */
const PIPE_BUF = 4096
/** Milliseconds that a line waits at most for others to be written with, unless they fill such a piece before. */
const FLUSH_INTERVAL = 100

/** A line an entry for people, too; of a request what matters first, and the rest behind it. Errors keep their lines. */
const PRETTY_OPTIONS = {
  singleLine: true,
  messageFormat: '{msg}{if method} {method} {path} {status} in {ms} ms{end}',
  ignore: 'pid,hostname,method,path,status,ms,database,isNew,key'
}

/** The most bytes of lines that wait to be written: whoever should read them may have stopped to. */
const MAX_BUFFERED = 16_777_216
/** Milliseconds that the last line gets to be written. */
const CLOSE_TIMEOUT = 5000

const BATCH_OPTIONS = {
  sync: false,
  minLength: PIPE_BUF - 1,
  periodicFlush: FLUSH_INTERVAL,
  maxLength: MAX_BUFFERED
}

type Destination = ReturnType<typeof destination>

/** Those that lines cannot be written to at present. */
const brokenDestinations = new WeakSet<Destination>()

/**
 * How the log is written: JSON, a line an entry, for machines; readable for people, who sit at a terminal. Lines for
 * machines are written beside the work, and together, for a write takes longer than a line. An error that ends the process
 * does not take any of them with it; only `kill -9` does, those of the last moment.
 * @param isTerminal whether standard output is one
 * @param isShared whether other processes write to it, too
 */
export const createLoggerOptions = (
  { log: { level } }: Pick<Config, 'log'>,
  isTerminal: boolean,
  isShared = false
) =>
  isTerminal
    ? { level, transport: { target: 'pino-pretty', options: PRETTY_OPTIONS } }
    : {
        level,
        stream: surviveWriteErrors(destination({ ...BATCH_OPTIONS, ...(isShared && { maxWrite: PIPE_BUF }) }))
      }

/** Writes to a log from outside the service itself. */
export const createLogger = (options: LoggerOptions): BaseLogger =>
  'stream' in options ? pino(options, options.stream) : pino(options)

export type LoggerOptions = ReturnType<typeof createLoggerOptions>

/** Whether anybody can read what is written to the log, as far as is known. */
export const isLogReadable = (options: LoggerOptions): boolean =>
  options.level !== 'silent' && !('stream' in options && brokenDestinations.has(options.stream))

/** Has the service outlive its log: one on a full disk, one whose reader has gone or stands still. Lines are lost then. */
function surviveWriteErrors(stream: Destination): Destination {
  function reportLoss(reason: string) {
    if (brokenDestinations.has(stream)) return
    brokenDestinations.add(stream)
    process.stderr.write(`The log cannot be written: ${reason}. Its lines are lost until it can.\n`)
  }
  stream.on('error', error => reportLoss(describeSystemError(error)))
  stream.on('drop', () => reportLoss('nobody reads it'))
  stream.on('write', () => brokenDestinations.delete(stream))

  // The library's own tries for ever what fails. So it is for the exit only, and for what has not failed before.
  const flushSync = stream.flushSync.bind(stream)
  stream.flushSync = () => {}
  process.prependOnceListener('exit', () => {
    if (!brokenDestinations.has(stream)) stream.flushSync = flushSync
  })
  return stream
}

/** Waits until the last line is written, if it can be. There must be none after it. */
export async function closeLog(options: LoggerOptions): Promise<void> {
  if (!('stream' in options) || brokenDestinations.has(options.stream)) return
  const { stream } = options
  stream.end()
  await once(stream, 'close', { signal: AbortSignal.timeout(CLOSE_TIMEOUT) }).catch(() =>
    brokenDestinations.add(stream)
  )
}
