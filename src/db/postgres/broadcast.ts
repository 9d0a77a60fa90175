import { once } from 'node:events'
import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Broadcast, BroadcastListener } from '../../cluster/broadcast.ts'
import { createGathering } from '../../process/gathering.ts'
import { toBackoff } from '../../time/backoff.ts'
import type { Logger } from '../engine.ts'
import { type Connector, QUERY_TIMEOUT } from './connector.ts'

/** The channel by which the processes on one database tell each other something. */
const CHANNEL = 'latchkey_broadcast'
/** The most bytes of a notification. The server refuses 8000. */
const MAX_PAYLOAD = 7900
/** Milliseconds between two attempts to connect again. */
const PAUSES = { first: 100, max: 10_000 }
/** Milliseconds of silence after which the system asks the other end whether it still stands. */
const KEEP_ALIVE_DELAY = 10_000

export interface PostgresBroadcastOptions {
  readonly connector: Connector
  readonly log: Logger
  /** From 0 to 1, so that instances do not come back together. */
  readonly random: () => number
}

/**
 * Opens a broadcast by the notifications of the database, on a connection of its own. While the connection is lost, so are
 * the messages. By way of a pooler no notification arrives, so none is sent.
 */
export function openPostgresBroadcast(
  { connector, log, random }: PostgresBroadcastOptions,
  listener: BroadcastListener
): Broadcast {
  const closing = new AbortController()
  const { signal } = closing
  /** Sends a notification; undefined while there is no connection. */
  let notify: ((payload: string) => void) | undefined
  const { add, drop } = createGathering<string>(messages => {
    if (notify) toPayloads(messages).forEach(notify)
  })

  async function keepListening() {
    for (let failures = 0; !signal.aborted && !connector.isPooled(); failures += 1) {
      if (failures > 0)
        await sleep(toBackoff(failures, PAUSES, random()), undefined, { signal }).catch(() => {})
      // Destroyed without a farewell, so that a server that has gone silent holds up nobody.
      const socket = new Socket({ signal }).unref()
      const client = createClient(connector, socket)
      const lost = once(client, 'error')
      const [error] = await listen(client, listener).then(
        () => {
          failures = 0
          notify = payload =>
            client.query('select pg_notify($1, $2)', [CHANNEL, payload]).catch(() => socket.destroy())
          listener.onGap()
          return lost
        },
        error => [error]
      )
      notify = undefined
      socket.destroy()
      if (failures === 0 && !signal.aborted) log.warn(describeLoss(error))
    }
  }

  const listening = keepListening()
  return {
    publish: add,
    async close() {
      closing.abort()
      drop()
      await listening
    }
  }
}

function createClient({ clientConfig }: Connector, socket: Socket): pg.Client {
  const client = new pg.Client({
    ...clientConfig,
    stream: () => socket,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY,
    query_timeout: QUERY_TIMEOUT
  })
  // Without a listener an error would end the process.
  client.on('error', () => {})
  return client
}

async function listen(client: pg.Client, { onMessage }: BroadcastListener) {
  client.on('notification', ({ processId, payload }) => {
    if (processId !== client.processID) String(payload).split('\n').forEach(onMessage)
  })
  await client.connect()
  await client.query(`listen ${CHANNEL}`)
}

/** Puts as many messages as fit into each notification. */
function toPayloads(messages: readonly string[]): string[] {
  const payloads: string[] = []
  let lines: string[] = []
  let size = 0
  for (const message of messages) {
    const length = Buffer.byteLength(message) + 1
    if (size + length > MAX_PAYLOAD) {
      payloads.push(lines.join('\n'))
      lines = []
      size = 0
    }
    lines.push(message)
    size += length
  }
  return [...payloads, lines.join('\n')]
}

const describeLoss = (error: unknown) =>
  `The connection that listens for other instances was lost: ${(error as Error).message}. Until it is back, their changes are found a few seconds later.`
