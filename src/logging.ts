import { once } from 'node:events'
import { destination } from 'pino'
import type { Config } from './config.ts'

/** The most bytes that POSIX has a pipe take in one piece, whoever else writes to it; Linux's number. */
const PIPE_BUF = 4096
/** Milliseconds that a line waits at most for others to be written with, unless they fill such a piece before. */
const FLUSH = 100

/** A line an entry for people, too; of a request what matters first, and the rest behind it. Errors keep their lines. */
const PRETTY = {
  singleLine: true,
  messageFormat: '{msg}{if method} {method} {path} {status} in {ms} ms{end}',
  ignore: 'pid,hostname,method,path,status,ms,database,isNew,key'
}

const BATCHED = { sync: false, minLength: PIPE_BUF - 1, periodicFlush: FLUSH }

/**
 * How the log is written: JSON, a line an entry, for machines; readable for people, who sit at a terminal. Lines for
 * machines are written beside the work, and together, for a write takes longer than a line. An error that ends the process
 * does not take any of them with it; only `kill -9` does, those of the last moment.
 * @param isTerminal whether standard output is one
 * @param isShared whether other processes write to it, too
 */
export const loggingOf = ({ LOG_LEVEL: level }: Config, isTerminal: boolean, isShared = false) =>
  isTerminal
    ? { level, transport: { target: 'pino-pretty', options: PRETTY } }
    : { level, stream: destination({ ...BATCHED, ...(isShared && { maxWrite: PIPE_BUF }) }) }

/** Waits until the last line is written. There must be none after it. */
export async function endOf(logging: ReturnType<typeof loggingOf>): Promise<void> {
  if (!('stream' in logging)) return
  logging.stream.end()
  await once(logging.stream, 'close')
}
