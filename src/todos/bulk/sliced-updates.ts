import { and, asc, eq, gt, max, sql } from 'drizzle-orm'
import { type BoundStatement, mustAffectRow, NoRowAffected } from '../../db/bound-statement.ts'
import { oncePerDatabase, param, paramRow, prepareStatements } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { IDEMPOTENCY_RETENTION_MS } from '../../idempotency/idempotency.ts'
import { AFTER_ALL, BEFORE_ALL } from '../order/list-position.ts'
import { type BulkUpdateRow, todoTables } from '../tables.ts'

/*
 * While SQLite writes, nothing else runs. A change of very many todos is therefore split into slices of a few milliseconds
 * each. A row describes the change until the last slice is done. Every read of the user's todos first finishes a pending
 * change, so nobody sees a part of it, not even after a crash.
 */

/** Todos in a slice: at first, at least, at most. */
const [INITIAL_SLICE, MIN_SLICE, MAX_SLICE] = [100, 50, 200]
/** Milliseconds that a slice should take, the waits for the disk and for other writers included. */
const TARGET_SLICE_TIME = 8

/** Where writes block nobody, the todos of one statement; so many bytes of terms take as long to index as one todo. */
const MAX_RANGE = 10_000
const BYTES_OF_TERMS = 64

/** The ids of a slice: after `from`, up to and including `to`. */
export interface IdRange {
  readonly from: string
  readonly to: string
}

const ALL_IDS: IdRange = { from: BEFORE_ALL, to: AFTER_ALL }

/** A bulk update of very many todos. */
export type SlicedUpdate = Pick<BulkUpdateRow, 'userId' | 'change' | 'revision' | 'startedAt'>

/** Prepares the statement of an update. @returns a function that binds it to a range */
export type PrepareSlices = (
  update: SlicedUpdate
) => Promise<(range: IdRange) => BoundStatement<readonly unknown[]>>

const statements = prepareStatements('bulk_updates', todoTables, (db, { bulkUpdates, todos }) => {
  const belongsToUser = eq(bulkUpdates.userId, param(bulkUpdates.userId, 'userId'))
  const isThisUpdate = and(belongsToUser, eq(bulkUpdates.revision, param(bulkUpdates.revision, 'revision')))
  const returned = { revision: bulkUpdates.revision }
  const weighed = db
    .select({
      id: todos.id,
      weight:
        sql<number>`sum(1 + octet_length(${todos.terms}) / ${sql.raw(`${BYTES_OF_TERMS}`)}) over (order by ${todos.id})`.as(
          'weight'
        )
    })
    .from(todos)
    .where(eq(todos.userId, param(todos.userId, 'userId')))
    .as('weighed')
  return {
    find: db.select().from(bulkUpdates).where(belongsToUser),
    findState: db
      .select({ revision: bulkUpdates.revision, isDone: bulkUpdates.isDone })
      .from(bulkUpdates)
      .where(belongsToUser),
    findUnfinished: db
      .select({ userId: bulkUpdates.userId })
      .from(bulkUpdates)
      .where(eq(bulkUpdates.isDone, false)),
    start: db
      .insert(bulkUpdates)
      .values(paramRow(bulkUpdates))
      .onConflictDoUpdate({
        target: bulkUpdates.userId,
        set: {
          revision: param(bulkUpdates.revision, 'revision'),
          startedAt: param(bulkUpdates.startedAt, 'startedAt'),
          change: param(bulkUpdates.change, 'change'),
          requestId: param(bulkUpdates.requestId, 'requestId'),
          cursor: param(bulkUpdates.cursor, 'cursor'),
          changed: param(bulkUpdates.changed, 'changed'),
          isDone: param(bulkUpdates.isDone, 'isDone')
        },
        setWhere: eq(bulkUpdates.isDone, true)
      })
      .returning(returned),
    /** Of several processes that run the same slice, one advances the cursor. */
    advance: db
      .update(bulkUpdates)
      .set({ cursor: param(bulkUpdates.cursor, 'to'), isDone: param(bulkUpdates.isDone, 'isDone') })
      .where(and(isThisUpdate, eq(bulkUpdates.cursor, param(bulkUpdates.cursor, 'from'))))
      .returning(returned),
    addChanged: db
      .update(bulkUpdates)
      .set({ changed: sql`${bulkUpdates.changed} + ${param(bulkUpdates.changed, 'changed')}` })
      .where(isThisUpdate)
      .returning(returned),
    /** The last todo of a slice; no row when fewer todos are left. */
    findSliceEnd: db
      .select({ id: todos.id })
      .from(todos)
      .where(and(eq(todos.userId, param(todos.userId, 'userId')), gt(todos.id, param(todos.id, 'from'))))
      .orderBy(asc(todos.id))
      .limit(1)
      .offset(sql.placeholder('offset')),
    /** The last todo of each range. */
    findRangeEnds: db
      .select({ id: max(weighed.id) })
      .from(weighed)
      .groupBy(sql`${weighed.weight} / ${sql.raw(`${MAX_RANGE}`)}`)
      .orderBy(asc(max(weighed.id)))
  }
})

/**
 * Divides the todos of a user into ranges that one statement changes in about a second: an engine may index the terms of a
 * todo anew with each change.
 * @returns one range for an engine that slices its updates
 */
export async function splitIntoRanges(store: Store, userId: string): Promise<IdRange[]> {
  if (store.hasManyRows) return [ALL_IDS]
  const rangeEnds = (await statements(store).findRangeEnds.execute({ userId })).map(({ id }) => String(id))
  let from: string = BEFORE_ALL
  return [...rangeEnds.slice(0, -1), AFTER_ALL].map(to => {
    const range = { from, to }
    from = to
    return range
  })
}

/** Whether a user has so many todos that one statement on all of them would hold up others. */
export const needsSlices = (store: Store, userId: string): boolean =>
  store.hasManyRows?.(todoTables(store.kit).todos.userId, userId) ?? false

/** The updates under way in this process, by user. */
const getRunningUpdates = oncePerDatabase(() => new Map<string, Promise<void>>())

/** Bulk updates of users who have very many todos, in slices. */
export function createSlicedUpdates(store: Store, prepareSlices: PrepareSlices) {
  const { find, findState, findUnfinished, start, advance, addChanged, findSliceEnd } = statements(store)
  const runningByUser = getRunningUpdates(store)

  async function findLatest(userId: string): Promise<BulkUpdateRow | undefined> {
    const [row] = await find.execute({ userId })
    return row
  }

  /** The revision of the latest update, and whether it is done. An engine whose writes hold up nobody has no slices. */
  const findLatestState = (userId: string) => (store.hasManyRows ? findState.execute({ userId }) : [])

  /** Runs the remaining slices of an update. */
  async function runSlices(update: BulkUpdateRow): Promise<void> {
    const { userId, revision } = update
    const createSlice = await prepareSlices(update)
    let size = INITIAL_SLICE
    for (
      let current: BulkUpdateRow | undefined = update;
      current && !current.isDone;
      current = await findLatest(userId)
    ) {
      const from = current.cursor
      const [sliceEnd] = await findSliceEnd.execute({ userId, from, offset: size - 1 })
      const to = sliceEnd?.id ?? AFTER_ALL
      const startTime = performance.now()
      try {
        await store.atomically(
          mustAffectRow(advance.bind({ userId, revision, from, to, isDone: sliceEnd === undefined })),
          createSlice({ from, to }),
          addChanged.bind(earlierRows => ({ userId, revision, changed: earlierRows[1]?.length }))
        )
      } catch (error) {
        // Another process has run this slice.
        if (!(error instanceof NoRowAffected)) throw error
      }
      const elapsed = performance.now() - startTime
      size = Math.max(
        MIN_SLICE,
        Math.min(MAX_SLICE, Math.round(size * Math.min(2, TARGET_SLICE_TIME / elapsed)))
      )
    }
  }

  /** Finishes the pending update of a user. @returns the revision of the last update */
  async function finishPending(userId: string): Promise<string | undefined> {
    for (;;) {
      const [last] = await findLatestState(userId)
      if (!last || last.isDone) return last?.revision
      const work =
        runningByUser.get(userId) ?? finishLatest(userId).finally(() => runningByUser.delete(userId))
      runningByUser.set(userId, work)
      await work
    }
  }

  /** Whether an update is a replay of the last one, within the time in which a request may be repeated. */
  function isReplayOf(last: BulkUpdateRow, requestId: string | null): boolean {
    const oldest = store.now().getTime() - IDEMPOTENCY_RETENTION_MS
    return requestId !== null && last.requestId === requestId && last.startedAt.getTime() >= oldest
  }

  async function finishLatest(userId: string): Promise<void> {
    const update = await findLatest(userId)
    if (update) await runSlices(update)
  }

  return {
    finishPending,

    /** Finishes the pending updates of all users. */
    async finishAllPending(): Promise<void> {
      for (const { userId } of await findUnfinished.execute()) await finishPending(userId)
    },

    /** Reads a user's todos while no update of them is under way. */
    async readConsistently<Result>(userId: string, read: () => Promise<Result>): Promise<Result> {
      for (;;) {
        const revisionBefore = await finishPending(userId)
        const result = await read()
        const [last] = await findLatestState(userId)
        // Another process may have started an update meanwhile.
        if (last?.revision === revisionBefore) return result
      }
    },

    /**
     * Runs an update after the user's other updates.
     * @param requestId names the request, so that its repetition after a crash gets the answer of the first one
     * @returns how many todos changed
     * @throws {Problem} `rate_limited` when too many long reads and updates of the user wait already
     */
    async run(userId: string, change: unknown, requestId: string | null): Promise<number> {
      return store.queueForUser(userId, async () => {
        const [revision, startedAt] = [store.newId(), store.now()]
        const row = {
          userId,
          revision,
          startedAt,
          change,
          requestId,
          cursor: BEFORE_ALL,
          changed: 0,
          isDone: false
        }
        for (;;) {
          await finishPending(userId)
          const last = await findLatest(userId)
          if (last?.revision === revision) return last.changed
          if (last && isReplayOf(last, requestId)) return last.changed
          await start.execute(row)
        }
      })
    }
  }
}
