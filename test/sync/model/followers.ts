import assert from 'node:assert/strict'
import { Problem } from '../../../src/problems/problem.ts'
import { isEarlier } from '../../../src/sync/change-source.ts'
import type { Change, createChangeReader } from '../../../src/sync/changes.ts'
import { parseSyncToken } from '../../../src/sync/sync-token.ts'
import { pick } from './writes.ts'

/** Whoever keeps a copy of a user's todos by following the changes. */
export interface Follower {
  readonly copy: ReadonlyMap<string, unknown>
  /** Goes a step on, or back by accident. @returns what happened */
  readonly step: () => Promise<string>
  /** Follows until there is nothing more. */
  readonly catchUp: () => Promise<void>
  readonly close?: () => void
}

export interface FollowerOptions {
  readonly userId: string
  readonly random: () => number
  /** The readers of several instances. */
  readonly readers: readonly ReturnType<typeof createChangeReader>[]
  /** The greatest number with which each todo was delivered to anybody. */
  readonly delivered: Map<string, number>
}

/** The state that a follower stores, and begins with after a restart. */
interface State {
  readonly copy: Map<string, unknown>
  readonly since: string | undefined
}

const EMPTY: State = { copy: new Map(), since: undefined }

/** Follows by asking for pages. */
export function createPollingFollower({ userId, random, readers, delivered }: FollowerOptions): Follower {
  let state = EMPTY
  let stored = EMPTY

  const parse = (token: string) => parseSyncToken(userId, token)

  /** Of one todo nothing comes after something later; of all together, each comes after the one before. */
  function assertInOrder(changes: readonly Change[], next: string, deliveredBefore: typeof delivered) {
    let last = state.since === undefined ? { start: 0, number: 0, id: '' } : parse(state.since)
    for (const { id, token } of changes) {
      const position = parse(token)
      assert.ok(isEarlier(last, position), `${id} comes after what is before it`)
      assert.ok(position.number >= (deliveredBefore.get(id) ?? 0), `${id} comes after something later of it`)
      delivered.set(id, Math.max(position.number, delivered.get(id) ?? 0))
      last = position
    }
    assert.ok(!isEarlier(parse(next), last), 'the token of a page is after the page')
  }

  async function readPage(limit: number, isLost: boolean): Promise<'caught up' | 'more' | 'resync'> {
    const deliveredBefore = new Map(delivered)
    try {
      const { changes, next, more } = await pick(random, readers)(userId, { since: state.since, limit })
      assert.ok(changes.length <= limit)
      assertInOrder(changes, next, deliveredBefore)
      if (isLost) return 'more'
      const copy = new Map(state.copy)
      for (const { id, deleted, todo } of changes)
        if (deleted) copy.delete(id)
        else copy.set(id, todo)
      state = { copy, since: next }
      return more ? 'more' : 'caught up'
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'sync_token_expired')) throw error
      state = EMPTY
      stored = EMPTY
      return 'resync'
    }
  }

  return {
    get copy() {
      return state.copy
    },

    async step() {
      const kind = random()
      if (kind < 0.1) state = stored
      else if (kind < 0.15) state = EMPTY
      else if (kind < 0.3) stored = state
      return readPage(1 + Math.floor(random() * random() * 40), random() < 0.1)
    },

    async catchUp() {
      while ((await readPage(50, false)) !== 'caught up');
    }
  }
}
