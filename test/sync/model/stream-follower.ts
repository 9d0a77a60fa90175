import assert from 'node:assert/strict'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../../../src/problems/problem.ts'
import { isEarlier } from '../../../src/sync/change-source.ts'
import { createChangeStream } from '../../../src/sync/stream/change-stream.ts'
import type { WakeUps } from '../../../src/sync/stream/wake-ups.ts'
import { parseSyncToken } from '../../../src/sync/sync-token.ts'
import { parseEvents } from '../stream/follow.ts'
import type { Follower, FollowerOptions } from './followers.ts'

export interface StreamFollowerOptions extends Omit<FollowerOptions, 'delivered'> {
  /** The wake-ups of the same instances. */
  readonly wakeUps: readonly WakeUps[]
  /** The number of the user's last change. */
  readonly readNumber: () => Promise<number>
}

/** The most changes of a page of a stream. */
const PAGE_SIZE = 20
/** The most bytes that arrive before a cut. */
const MAX_BYTES = 20_000

/** Follows by streams of any instance, which are cut at any byte. */
export function createStreamFollower(options: StreamFollowerOptions): Follower {
  const { userId, random, readers, wakeUps, readNumber } = options
  const copy = new Map<string, unknown>()
  let since: string | undefined
  /** The number up to which the stream says that everything was sent. */
  let caughtUpTo = -1
  let current: Readable | undefined

  const parse = (token: string) => parseSyncToken(userId, token)

  function startAnew() {
    copy.clear()
    since = undefined
  }

  function apply({ event, id, data }: ReturnType<typeof parseEvents>[number]) {
    if (event === 'caught-up') caughtUpTo = parse(data.next).number
    if (event === 'end') {
      assert.equal(data.code, 'sync_token_expired')
      startAnew()
    }
    if (event !== 'change' || id === undefined) return
    if (since !== undefined)
      assert.ok(isEarlier(parse(since), parse(id)), `${data.id} comes after what is before it`)
    since = id
    if (data.deleted) copy.delete(data.id)
    else copy.set(data.id, data.todo)
  }

  /** Opens a stream that arrives for so many bytes. */
  async function open(bytes: number): Promise<string> {
    const index = Math.floor(random() * readers.length)
    const [read, { follow }] = [readers[index], wakeUps[index]] as [(typeof readers)[number], WakeUps]
    let [text, remaining] = ['', bytes]
    const { readable, start, wake } = createChangeStream({
      readPage: position => read(userId, { since: position, limit: PAGE_SIZE }),
      since,
      serialize: JSON.stringify,
      onSent() {},
      onClose() {
        stopFollowing()
        if (current === readable) current = undefined
      }
    })
    const stopFollowing = follow(userId, wake)
    current = readable
    caughtUpTo = -1
    try {
      await start()
    } catch (error) {
      cut()
      if (!(error instanceof Problem && error.code === 'sync_token_expired')) throw error
      startAnew()
      return 'resync'
    }
    readable.setEncoding('utf8').on('data', (chunk: string) => {
      const events = parseEvents(text)
      text += chunk.slice(0, remaining)
      remaining -= chunk.length
      for (const event of parseEvents(text).slice(events.length)) apply(event)
      if (remaining <= 0) cut()
    })
    return 'opened'
  }

  function cut() {
    current?.destroy()
    current = undefined
  }

  return {
    copy,
    close: cut,

    async step() {
      if (!current) return `stream: ${await open(random() * random() * MAX_BYTES)}`
      await sleep(5 * random())
      if (random() < 0.2) cut()
      return 'stream: waited'
    },

    async catchUp() {
      const number = await readNumber()
      for (; caughtUpTo < number; await sleep(2)) if (!current) await open(Number.POSITIVE_INFINITY)
      cut()
    }
  }
}
