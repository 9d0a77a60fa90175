import { once } from 'node:events'
import pino, { type BaseLogger, destination } from 'pino'
import type { Config } from '../config/config.ts'
import { describeSystemError } from './system-error.ts'

/** The most bytes that a pipe takes as one piece while other processes write to it (PIPE_BUF of POSIX; Linux's value). */
const PIPE_BUF = 4096
/** Milliseconds that a line waits for others to be written with, unless they fill such a piece before. */
const FLUSH_INTERVAL = 100

/** One line for each entry; of a request, the most important members first. Stacks of errors keep their lines. */
const PRETTY_OPTIONS = {
  singleLine: true,
  messageFormat: '{msg}{if method} {method} {path} {status} in {ms} ms{end}',
  ignore: 'pid,hostname,method,path,status,ms,database,isNew,key'
}

/** The most bytes of lines that wait to be written: the reader may have stopped. */
const MAX_BUFFERED = 16_777_216
/** Milliseconds to write the last line. */
const CLOSE_TIMEOUT = 5000

const BATCH_OPTIONS = {
  sync: false,
  minLength: PIPE_BUF - 1,
  periodicFlush: FLUSH_INTERVAL,
  maxLength: MAX_BUFFERED
}

type Destination = ReturnType<typeof destination>

/** Destinations to which lines cannot be written at present. */
const brokenDestinations = new WeakSet<Destination>()

/**
 * Creates the options of the log: one JSON entry per line for machines, readable lines for people at a terminal. JSON lines
 * are written asynchronously and in batches, because a write takes longer than making a line. A fatal error loses no line;
 * `kill -9` loses those of the last moment.
 * @param isTerminal whether standard output is a terminal
 * @param isShared whether other processes write to standard output, too
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

/** Creates a logger for code that runs outside the app. */
export const createLogger = (options: LoggerOptions): BaseLogger =>
  'stream' in options ? pino(options, options.stream) : pino(options)

export type LoggerOptions = ReturnType<typeof createLoggerOptions>

/** Whether anybody can read the log, as far as the process knows. */
export const isLogReadable = (options: LoggerOptions): boolean =>
  options.level !== 'silent' && !('stream' in options && brokenDestinations.has(options.stream))

/** Keeps the process alive when the log cannot be written: the disk is full, the reader has gone or has stopped. Lines are lost. */
function surviveWriteErrors(stream: Destination): Destination {
  function reportLoss(reason: string) {
    if (brokenDestinations.has(stream)) return
    brokenDestinations.add(stream)
    process.stderr.write(`The log cannot be written: ${reason}. Its lines are lost until it can.\n`)
  }
  stream.on('error', error => reportLoss(describeSystemError(error)))
  stream.on('drop', () => reportLoss('nobody reads it'))
  stream.on('write', () => brokenDestinations.delete(stream))

  // The library's flushSync retries for ever. It runs at the exit only, and only if the destination works.
  const flushSync = stream.flushSync.bind(stream)
  stream.flushSync = () => {}
  process.prependOnceListener('exit', () => {
    if (!brokenDestinations.has(stream)) stream.flushSync = flushSync
  })
  return stream
}

/** Writes the last lines, if they can be written. No line may follow. */
export async function closeLog(options: LoggerOptions): Promise<void> {
  if (!('stream' in options) || brokenDestinations.has(options.stream)) return
  const { stream } = options
  stream.end()
  await once(stream, 'close', { signal: AbortSignal.timeout(CLOSE_TIMEOUT) }).catch(() =>
    brokenDestinations.add(stream)
  )
}
