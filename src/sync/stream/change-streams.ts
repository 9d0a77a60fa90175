import { isUnavailable } from '../../db/errors.ts'
import type { Store } from '../../db/store.ts'
import { Problem } from '../../problems/problem.ts'
import { count } from '../../process/counters.ts'
import type { Change, ReadChanges } from '../changes.ts'
import { createChangeStream } from './change-stream.ts'
import { streamEvents } from './counters.ts'
import type { WakeUps } from './wake-ups.ts'

/** The most changes that are read at a time. */
const PAGE_SIZE = 50
/** Milliseconds between two checks of all sessions, and of silence before a heartbeat, unless told otherwise. */
const CHECK_INTERVAL = 1000
const HEARTBEAT_INTERVAL = 15_000
/** Milliseconds that a stream has to send why it ends. */
const END_TIMEOUT = 1000
/** Milliseconds after which clients come back when the process ends: they do not come together. */
const MIN_RETURN_DELAY = 1000
const RETURN_SPREAD = 4000
/** Seconds after which a refused client should try again: by then the stream of a client that has gone is noticed. */
const RETRY_AFTER = 15

export interface ChangeStreamsOptions {
  readonly store: Store
  readonly readChanges: ReadChanges
  readonly wakeUps: WakeUps
  /** The most open streams: in this process, and of a user in this process. */
  readonly limits: { readonly max: number; readonly maxPerUser: number }
  /** From 0 to 1. */
  readonly random: () => number
  readonly intervals?: StreamIntervals | undefined
}

/** In milliseconds. */
export interface StreamIntervals {
  readonly check?: number | undefined
  readonly heartbeat?: number | undefined
}

/** What a client asks for. */
export interface ChangeStreamRequest {
  /** Reads for the user while the session is checked. It may be called for as long as the stream lasts. */
  readonly read: <Result>(work: (userId: string) => Promise<Result>) => Promise<Result>
  /** Checks the session. */
  readonly check: () => Promise<void>
  /** The token of the last page or change that the client has. */
  readonly since: string | undefined
  /** Writes a change as JSON. */
  readonly serialize: (change: Change) => string
}

/**
 * Makes the streams of changes of this process. One timer serves all of them: it checks that their sessions last, and sends
 * heartbeats.
 */
export function createChangeStreams({
  store,
  readChanges,
  wakeUps,
  limits,
  random,
  intervals: { check: checkInterval = CHECK_INTERVAL, heartbeat = HEARTBEAT_INTERVAL } = {}
}: ChangeStreamsOptions) {
  const tally = store.counters.get(streamEvents)
  const streams = new Set<OpenStream>()
  let isClosing = false

  const timer = setInterval(() => {
    for (const stream of streams) {
      stream.beat(heartbeat)
      if (stream.isOverdue(END_TIMEOUT)) stream.readable.destroy()
      else if (!stream.isChecking) void checkSession(stream)
    }
  }, checkInterval).unref()

  async function checkSession(stream: OpenStream) {
    stream.isChecking = true
    try {
      await stream.check()
    } catch (error) {
      if (error instanceof Problem) stream.end(error.code)
      // While the database is away nobody can end the session, and the stream has nothing to send.
      else if (!isUnavailable(error)) stream.readable.destroy(error as Error)
    }
    stream.isChecking = false
  }

  /** @throws {Problem} when there is no room for one more stream of the user */
  function assertRoom(userId: string) {
    if (isClosing) throw new Problem('shutting_down', { retryAfter: RETRY_AFTER })
    const ofUser = [...streams].filter(stream => stream.userId === userId).length
    if (ofUser >= limits.maxPerUser) throw new Problem('too_many_streams', { retryAfter: RETRY_AFTER })
    if (streams.size >= limits.max) throw new Problem('overloaded', { retryAfter: RETRY_AFTER })
  }

  /**
   * Opens a stream: first what has changed since the token, or everything there is, then what changes.
   * @throws {Problem} `too_many_streams`, `overloaded` or `shutting_down`; what `read` and `readChanges` throw
   */
  async function open({ read, check, since, serialize }: ChangeStreamRequest) {
    const userId = await read(async id => id)
    assertRoom(userId)
    const stream = createChangeStream({
      readPage: position => read(id => readChanges(id, { since: position, limit: PAGE_SIZE })),
      since,
      serialize,
      onSent: changes => count(tally, 'sent', changes),
      onClose() {
        streams.delete(openStream)
        stopFollowing()
      }
    })
    const openStream: OpenStream = { ...stream, check, userId, isChecking: false }
    // Before the first page is read, so that no change goes unnoticed in between.
    const stopFollowing = wakeUps.follow(userId, stream.wake)
    streams.add(openStream)
    try {
      await stream.start()
    } catch (error) {
      stream.readable.destroy()
      throw error
    }
    count(tally, since === undefined ? 'opened' : 'resumed')
    return {
      readable: stream.readable,
      /** Gives the stream up, since its client does not read. */
      drop() {
        count(tally, 'dropped')
        stream.readable.destroy()
      }
    }
  }

  return {
    open,
    /** How many streams are open. */
    getLoad: () => ({ open: streams.size }),
    /** Ends all streams, and opens no more. Clients are told to come back later, each at another time. */
    endAll() {
      isClosing = true
      for (const stream of streams)
        stream.end('shutting_down', MIN_RETURN_DELAY + Math.round(random() * RETURN_SPREAD))
    },
    close() {
      clearInterval(timer)
    }
  }
}

export type ChangeStreams = ReturnType<typeof createChangeStreams>

interface OpenStream extends ReturnType<typeof createChangeStream>, Pick<ChangeStreamRequest, 'check'> {
  readonly userId: string
  /** Whether a check of the session is under way. */
  isChecking: boolean
}
