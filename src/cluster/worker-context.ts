import type { Config } from '../config/config.ts'
import { isPostgres } from '../config/database-url.ts'
import type { Channel } from './channel.ts'
import { createRemoteCounter, type RateCounter } from './shared-counters.ts'
import { alwaysFree, createRemoteWriteLock, type WriteLock } from './write-lock.ts'

/** The variable in which a worker finds its number, from 1. */
export const WORKER_NUMBER_VARIABLE = 'LATCHKEY_WORKER'
/** What a worker is told when it shall end. */
export const STOP_MESSAGE = 'stop'
/** Signals by which a terminal or a supervisor ends all processes of a service at once. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** What a process that serves has to know of the others that serve the same port. */
export interface WorkerContext {
  /** From 1. What needs doing once is for the first. */
  readonly number: number
  readonly isAlone: boolean
  /** Its part of what the service may have in all, at least 1. */
  readonly getShare: (total: number) => number
  readonly writeLock: WriteLock
  /** Counts over all workers. */
  readonly sharedCounter?: RateCounter
  /** Signals that do not end it, for somebody else hears them and tells it. */
  readonly ignoredSignals: (typeof SIGNALS)[number][]
  /** Has it end so when it is told to; until then there is nothing to take care of. */
  readonly onStop: (close: () => void) => void
}

/** A process that serves by itself. */
export const SINGLE_PROCESS: WorkerContext = {
  number: 1,
  isAlone: true,
  getShare: total => total,
  writeLock: alwaysFree,
  ignoredSignals: [],
  onStop() {}
}

const primaryChannel: Channel = {
  send: message => process.send?.(message),
  on: (event, listener) => process.on(event, listener)
}

/** The place of this process. To be asked for once, at its start. */
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
    getShare: total => Math.max(1, Math.floor(total / workers)),
    writeLock: isPostgres(database.url) ? alwaysFree : createRemoteWriteLock(primaryChannel),
    sharedCounter: createRemoteCounter(primaryChannel),
    ignoredSignals: [...SIGNALS],
    onStop(close) {
      stop = close
    }
  }
}
