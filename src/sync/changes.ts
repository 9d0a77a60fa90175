import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Store } from '../db/store.ts'
import { Problem } from '../problems/problem.ts'
import {
  afterNumber,
  type ChangedItem,
  type ChangeRange,
  type ChangeSource,
  isEarlier,
  type ReadChanged
} from './change-source.ts'
import { getSequenceReader, type SequenceState } from './sequence.ts'
import { parseSyncToken, type SyncPosition, toSyncToken } from './sync-token.ts'
import { createTombstoneReader } from './tombstones.ts'

/** Items that are read at a time, so that other requests go in between. */
const CHUNK_SIZE = 100
/** The most characters of a page, about. */
const MAX_PAGE_SIZE = 1_000_000

/** A change: the latest state of something, under the name of its type, or that it was deleted for good. */
export interface Change {
  readonly type: string
  readonly id: string
  readonly deleted: boolean
  /** How far whoever has this change has followed. */
  readonly token: string
  readonly [item: string]: unknown
}

/** Some of the changes of a user. */
export interface ChangePage {
  readonly changes: readonly Change[]
  /** How far whoever has this page has followed. */
  readonly next: string
  /** Whether there were more changes when the reading began. */
  readonly more: boolean
}

/**
 * Reads the changes of a user after a token, each item in its latest state. A page costs what it holds.
 * @param since the `next` of the page before, or the token of a change; without it, from the beginning
 * @param limit the most changes
 * @throws {Problem} `validation_failed` when the token is not of this user; `sync_token_expired`
 */
export type ReadChanges = (
  userId: string,
  query: { readonly since?: string | undefined; readonly limit: number }
) => Promise<ChangePage>

/**
 * Makes the reading of what has changed. It begins with everything that a user has and goes over into the changes by itself.
 * @param sources the kinds of data
 */
export function createChangeReader(store: Store, sources: readonly ChangeSource[]): ReadChanges {
  const readSequence = getSequenceReader(store)
  const readTombstones = createTombstoneReader(store, sources)

  /** Reads a user's sequence while no write is half done. */
  const readSettledSequence = (userId: string): Promise<SequenceState> =>
    sources.reduce<() => Promise<SequenceState>>(
      (read, { readConsistently }) => (readConsistently ? () => readConsistently(store, userId, read) : read),
      () => readSequence(userId)
    )()

  /** Reads the next items of all kinds, in their order. What was deleted before the copy began does not matter. */
  async function readChunk(userId: string, { start, ...after }: SyncPosition, upTo: number, limit: number) {
    const ranges: [ReadChanged, ChangeRange][] = [
      ...sources.map(({ readChanged }): [ReadChanged, ChangeRange] => [readChanged, { after, upTo }]),
      [readTombstones, { after: after.number < start ? afterNumber(start) : after, upTo }]
    ]
    const items = await Promise.all(ranges.map(([read, range]) => read(store, userId, range, limit)))
    return items
      .flat()
      .sort((a, b) => (isEarlier(a, b) ? -1 : 1))
      .slice(0, limit)
  }

  return async function readChanges(userId, { since, limit }) {
    const given = since === undefined ? undefined : parseSyncToken(userId, since)
    // The number comes first. All changes up to it are committed, so what is read afterwards misses none of them.
    const sequence = await readSettledSequence(userId)
    if (given) assertNotUndone(given, sequence)
    let position = given ?? { start: sequence.value, number: 0, id: '' }
    const changes: Change[] = []
    let size = 0
    for (let hasMore = true; hasMore; await nextTurn()) {
      const chunkLimit = Math.min(CHUNK_SIZE, limit - changes.length)
      if (chunkLimit === 0 || size > MAX_PAGE_SIZE) return toPage(true)
      const items = await readChunk(userId, position, sequence.value, chunkLimit)
      for (const item of items) {
        position = { start: position.start, number: item.number, id: item.id }
        size += item.size
        changes.push(toChange(item, toSyncToken(userId, position)))
      }
      hasMore = items.length === chunkLimit
    }
    position = { start: position.start, ...afterNumber(sequence.value) }
    return toPage(false)

    function toPage(more: boolean): ChangePage {
      return { changes, next: toSyncToken(userId, position), more }
    }
  }
}

/** @throws {Problem} `sync_token_expired` for a token from a future that was undone */
function assertNotUndone({ start, number }: SyncPosition, { value }: SequenceState): void {
  if (Math.max(start, number) > value) throw new Problem('sync_token_expired')
}

const toChange = ({ type, id, item }: ChangedItem, token: string): Change => ({
  type,
  id,
  deleted: item === undefined,
  token,
  ...(item && { [type]: item })
})
