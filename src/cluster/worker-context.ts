import type { Config } from '../config/config.ts'
import { isPostgres } from '../config/database-url.ts'
import { createRemoteBroadcast, type OpenBroadcast } from './broadcast.ts'
import type { Channel } from './channel.ts'
import { createRemoteCounter, type RateCounter } from './shared-counters.ts'
import { alwaysFree, createRemoteWriteLock, type WriteLock } from './write-lock.ts'

/** The environment variable with the number of a worker, from 1. */
export const WORKER_NUMBER_VARIABLE = 'LATCHKEY_WORKER'
/** The message with which the primary asks a worker to stop. */
export const STOP_MESSAGE = 'stop'
/** Signals that a terminal or a supervisor sends to all processes of a service at once. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** What a process that serves knows of the other processes that serve the same port. */
export interface WorkerContext {
  /** From 1. The first worker does what only one of them must do. */
  readonly number: number
  readonly isAlone: boolean
  /** The worker's share of a total for all workers, at least 1. */
  readonly getShare: (total: number) => number
  readonly writeLock: WriteLock
  /** Counts for all workers together; undefined in a single process. */
  readonly sharedCounter?: RateCounter
  /** Opens a broadcast to the other workers; undefined in a single process. */
  readonly openBroadcast?: OpenBroadcast
  /** Signals that do not stop the process: the primary handles them and sends `STOP_MESSAGE`. */
  readonly ignoredSignals: (typeof SIGNALS)[number][]
  /** Sets how the process stops on `STOP_MESSAGE`. Before, the process exits at once. */
  readonly onStop: (close: () => void) => void
}

/** The context of a process that serves alone. */
export const SINGLE_PROCESS: WorkerContext = {
  number: 1,
  isAlone: true,
  getShare: total => total,
  writeLock: alwaysFree,
  ignoredSignals: [],
  onStop() {}
}

/** The share of each of several workers in a total for all of them, at least 1. */
export const getWorkerShare = (total: number, workers: number): number =>
  Math.max(1, Math.floor(total / workers))

const primaryChannel: Channel = {
  send: message => process.send?.(message),
  on: (event, listener) => process.on(event, listener)
}

/**
 * Creates the context of this process. Must be called once, at the start: a worker gets signal handlers.
 * @param environment tells a worker its number
 */
export function createWorkerContext(
  { workers, database }: Config,
  environment: NodeJS.ProcessEnv
): WorkerContext {
  const number = environment[WORKER_NUMBER_VARIABLE]
  if (number === undefined) return SINGLE_PROCESS
  for (const signal of SIGNALS) process.on(signal, () => {})
  let stop: () => void = () => process.exit(0)
  primaryChannel.on('message', message => {
    if (message === STOP_MESSAGE) stop()
  })
  return {
    number: Number(number),
    isAlone: false,
    getShare: total => getWorkerShare(total, workers),
    writeLock: isPostgres(database.url) ? alwaysFree : createRemoteWriteLock(primaryChannel),
    sharedCounter: createRemoteCounter(primaryChannel),
    openBroadcast: createRemoteBroadcast(primaryChannel),
    ignoredSignals: [...SIGNALS],
    onStop(close) {
      stop = close
    }
  }
}
