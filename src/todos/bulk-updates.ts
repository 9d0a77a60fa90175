import { and, asc, eq, gt, max, sql } from 'drizzle-orm'
import { type Queries, required, type Step, StepMissed } from '../db/engine.ts'
import type { BulkUpdateRow } from '../db/schema.ts'
import { given, givenRow, statementsOf } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { IDEMPOTENCY_RETENTION } from '../idempotency.ts'

/*
 * While SQLite writes, nothing else runs. So a change of very many todos is done in slices, each of which takes some
 * milliseconds. A row tells of it from the first slice to the last, and whoever looks at the user's todos meanwhile has
 * what is left of it done first: nobody ever sees a part of it, not even after a crash.
 */

/** Before and after every id. */
const [START, END] = ['', '~']
/** Todos that are looked at in a slice: at first, at least, at most. */
const [FIRST, LEAST, MOST] = [100, 50, 200]
/** Milliseconds that a slice should take, with its wait for the disk and for those who write at the same time. */
const SLICE_TIME = 8

/** What a statement deals with where nobody waits for it: so many todos, or bytes of terms, which take as long to index. */
const MANY = 10_000
const BYTES_OF_TERMS = 64

/** Those of a user's todos that a slice looks at: after one id, up to another. */
export interface Range {
  readonly from: string
  readonly to: string
}

const WHOLE: Range = { from: START, to: END }

/** A change of very many todos. */
export type SlicedUpdate = Pick<BulkUpdateRow, 'userId' | 'change' | 'revision' | 'startedAt'>

/** Makes the statement that changes the todos of a range. */
export type SliceOf = (update: SlicedUpdate) => Promise<(range: Range) => Step<readonly unknown[]>>

const statements = statementsOf('bulk_updates', (db, { bulkUpdates, todos }) => {
  const isTheUsers = eq(bulkUpdates.userId, given(bulkUpdates.userId, 'userId'))
  const isThis = and(isTheUsers, eq(bulkUpdates.revision, given(bulkUpdates.revision, 'revision')))
  const found = { revision: bulkUpdates.revision }
  const weighed = db
    .select({
      id: todos.id,
      weight:
        sql<number>`sum(1 + octet_length(${todos.terms}) / ${sql.raw(`${BYTES_OF_TERMS}`)}) over (order by ${todos.id})`.as(
          'weight'
        )
    })
    .from(todos)
    .where(eq(todos.userId, given(todos.userId, 'userId')))
    .as('weighed')
  return {
    find: db.select().from(bulkUpdates).where(isTheUsers),
    unfinished: db
      .select({ userId: bulkUpdates.userId })
      .from(bulkUpdates)
      .where(eq(bulkUpdates.isDone, false)),
    begin: db
      .insert(bulkUpdates)
      .values(givenRow(bulkUpdates))
      .onConflictDoUpdate({
        target: bulkUpdates.userId,
        set: {
          revision: given(bulkUpdates.revision, 'revision'),
          startedAt: given(bulkUpdates.startedAt, 'startedAt'),
          change: given(bulkUpdates.change, 'change'),
          requestId: given(bulkUpdates.requestId, 'requestId'),
          cursor: given(bulkUpdates.cursor, 'cursor'),
          changed: given(bulkUpdates.changed, 'changed'),
          isDone: given(bulkUpdates.isDone, 'isDone')
        },
        setWhere: eq(bulkUpdates.isDone, true)
      })
      .returning(found),
    /** Only one gets to go on from where it was read to be. */
    goOn: db
      .update(bulkUpdates)
      .set({ cursor: given(bulkUpdates.cursor, 'to'), isDone: given(bulkUpdates.isDone, 'isDone') })
      .where(and(isThis, eq(bulkUpdates.cursor, given(bulkUpdates.cursor, 'from'))))
      .returning(found),
    add: db
      .update(bulkUpdates)
      .set({ changed: sql`${bulkUpdates.changed} + ${given(bulkUpdates.changed, 'changed')}` })
      .where(isThis)
      .returning(found),
    /** The last todo of a slice; none when fewer are left. */
    bound: db
      .select({ id: todos.id })
      .from(todos)
      .where(and(eq(todos.userId, given(todos.userId, 'userId')), gt(todos.id, given(todos.id, 'from'))))
      .orderBy(asc(todos.id))
      .limit(1)
      .offset(sql.placeholder('offset')),
    /** The last todos of all slices. */
    bounds: db
      .select({ id: max(weighed.id) })
      .from(weighed)
      .groupBy(sql`${weighed.weight} / ${sql.raw(`${MANY}`)}`)
      .orderBy(asc(max(weighed.id)))
  }
})

/**
 * Divides the todos of a user into ranges that a statement deals with in a second or so: an engine may index the terms of a
 * todo anew with each change of it.
 * @returns one range where one will do
 */
export async function rangesOf(store: Store, userId: string): Promise<Range[]> {
  if (store.slicing) return [WHOLE]
  const bounds = (await statements(store).bounds.execute({ userId })).map(({ id }) => String(id))
  let from = START
  return [...bounds.slice(0, -1), END].map(to => {
    const range = { from, to }
    from = to
    return range
  })
}

/** What is under way in this process, by the user. */
const underWay = new WeakMap<Queries, Map<string, Promise<void>>>()

/** Bulk updates of users who have very many todos. */
export function bulkUpdatesOf(store: Store, sliceOf: SliceOf) {
  const { find, unfinished, begin, goOn, add, bound } = statements(store)
  const running = underWay.get(store.db) ?? new Map<string, Promise<void>>()
  underWay.set(store.db, running)

  async function lastOf(userId: string): Promise<BulkUpdateRow | undefined> {
    const [row] = await find.execute({ userId })
    return row
  }

  /** Does what is left of an update, slice by slice. */
  async function carryOut(update: BulkUpdateRow): Promise<void> {
    const { userId, revision } = update
    const slice = await sliceOf(update)
    let size = FIRST
    for (let now: BulkUpdateRow | undefined = update; now && !now.isDone; now = await lastOf(userId)) {
      const from = now.cursor
      const [last] = await bound.execute({ userId, from, offset: size - 1 })
      const to = last?.id ?? END
      const began = performance.now()
      try {
        await store.atomically(
          required(goOn.with({ userId, revision, from, to, isDone: last === undefined })),
          slice({ from, to }),
          add.with(before => ({ userId, revision, changed: before[1]?.length }))
        )
      } catch (error) {
        // Another process does the same.
        if (!(error instanceof StepMissed)) throw error
      }
      const took = performance.now() - began
      size = Math.max(LEAST, Math.min(MOST, Math.round(size * Math.min(2, SLICE_TIME / took))))
    }
  }

  /** Has what is left of a user's update done. @returns what names the last one */
  async function settle(userId: string): Promise<string | undefined> {
    for (;;) {
      const last = store.slicing?.lastOf(userId)
      if (!last || last.isDone) return last?.revision
      const work = running.get(userId) ?? finish(userId).finally(() => running.delete(userId))
      running.set(userId, work)
      await work
    }
  }

  /** For as long as a request may be repeated; after that its key stands for a new one. */
  function isRepetitionOf(last: BulkUpdateRow, requestId: string | null): boolean {
    const oldest = store.now().getTime() - IDEMPOTENCY_RETENTION * 1000
    return requestId !== null && last.requestId === requestId && last.startedAt.getTime() >= oldest
  }

  async function finish(userId: string): Promise<void> {
    const update = await lastOf(userId)
    if (update) await carryOut(update)
  }

  return {
    settle,

    /** Does what is left of the updates of all users. */
    async settleAll(): Promise<void> {
      for (const { userId } of await unfinished.execute()) await settle(userId)
    },

    /** Reads a user's todos when no update of them is under way. */
    async reading<Result>(userId: string, read: () => Promise<Result>): Promise<Result> {
      for (;;) {
        const before = await settle(userId)
        const result = await read()
        // Another process may have begun one meanwhile.
        if (store.slicing?.lastOf(userId)?.revision === before) return result
      }
    },

    /**
     * Carries an update out, after the user's others.
     * @param requestId names the request, so that its repetition after a crash is told what the first one would have been
     * @returns how many todos it changed
     */
    async run(userId: string, change: unknown, requestId: string | null): Promise<number> {
      return store.inTurn(userId, async () => {
        const [revision, startedAt] = [store.newId(), store.now()]
        const row = {
          userId,
          revision,
          startedAt,
          change,
          requestId,
          cursor: START,
          changed: 0,
          isDone: false
        }
        for (;;) {
          await settle(userId)
          const last = await lastOf(userId)
          if (last?.revision === revision) return last.changed
          if (last && isRepetitionOf(last, requestId)) return last.changed
          await begin.execute(row)
        }
      })
    }
  }
}
