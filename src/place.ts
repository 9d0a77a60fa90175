import type { Channel } from './channel.ts'
import { type Config, isPostgres } from './config.ts'
import { always, type Turn, turnBy } from './db/turn.ts'
import { type Count, countBy } from './rate-windows.ts'

/** The variable in which a worker finds its number, from 1. */
export const NUMBER = 'LATCHKEY_WORKER'
/** What a worker is told when it shall end. */
export const STOP = 'stop'
/** Signals by which a terminal or a supervisor ends all processes of a service at once. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** What a process that serves has to know of the others that serve the same port. */
export interface Place {
  /** From 1. What needs doing once is for the first. */
  readonly number: number
  readonly isAlone: boolean
  /** Its part of what the service may have in all, at least 1. */
  readonly shareOf: (all: number) => number
  readonly turn: Turn
  /** Counts over all workers. */
  readonly countTogether?: Count
  /** Signals that do not end it, for somebody else hears them and tells it. */
  readonly deafTo: (typeof SIGNALS)[number][]
  /** Has it end so when it is told to; until then there is nothing to take care of. */
  readonly onStop: (close: () => void) => void
}

/** A process that serves by itself. */
export const ALONE: Place = {
  number: 1,
  isAlone: true,
  shareOf: all => all,
  turn: always,
  deafTo: [],
  onStop() {}
}

const toPrimary: Channel = {
  send: message => process.send?.(message),
  on: (event, listener) => process.on(event, listener)
}

/** The place of this process. To be asked for once, at its start. */
export function placeOf({ WEB_CONCURRENCY, DATABASE_URL }: Config, environment: NodeJS.ProcessEnv): Place {
  const number = environment[NUMBER]
  if (number === undefined) return ALONE
  for (const signal of SIGNALS) process.on(signal, () => {})
  let end: () => void = () => process.exit(0)
  toPrimary.on('message', message => {
    if (message === STOP) end()
  })
  return {
    number: Number(number),
    isAlone: false,
    shareOf: all => Math.max(1, Math.floor(all / WEB_CONCURRENCY)),
    turn: isPostgres(DATABASE_URL) ? always : turnBy(toPrimary),
    countTogether: countBy(toPrimary),
    deafTo: [...SIGNALS],
    onStop(close) {
      end = close
    }
  }
}
