import { and, asc, eq, gt, max, sql } from 'drizzle-orm'
import { type BoundStatement, mustAffectRow, NoRowAffected, type Queries } from '../../db/engine.ts'
import { param, paramRow, prepareStatements } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { IDEMPOTENCY_RETENTION } from '../../idempotency/idempotency.ts'
import type { BulkUpdateRow } from '../tables.ts'
import { todoTables } from '../tables.ts'

/*
 * While SQLite writes, nothing else runs. So a change of very many todos is done in slices, each of which takes some
 * milliseconds. A row tells of it from the first slice to the last, and whoever looks at the user's todos meanwhile has
 * what is left of it done first: nobody ever sees a part of it, not even after a crash.
 */

/** Before and after every id. */
const [MIN_ID, MAX_ID] = ['', '~']
/** Todos that are looked at in a slice: at first, at least, at most. */
const [INITIAL_SLICE, MIN_SLICE, MAX_SLICE] = [100, 50, 200]
/** Milliseconds that a slice should take, with its wait for the disk and for those who write at the same time. */
const TARGET_SLICE_TIME = 8

/** What a statement deals with where nobody waits for it: so many todos, or bytes of terms, which take as long to index. */
const MAX_RANGE = 10_000
const BYTES_OF_TERMS = 64

/** Those of a user's todos that a slice looks at: after one id, up to another. */
export interface IdRange {
  readonly from: string
  readonly to: string
}

const ALL_IDS: IdRange = { from: MIN_ID, to: MAX_ID }

/** A change of very many todos. */
export type SlicedUpdate = Pick<BulkUpdateRow, 'userId' | 'change' | 'revision' | 'startedAt'>

/** Makes the statement that changes the todos of a range. */
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
    /** Only one gets to go on from where it was read to be. */
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
    /** The last todo of a slice; none when fewer are left. */
    findSliceEnd: db
      .select({ id: todos.id })
      .from(todos)
      .where(and(eq(todos.userId, param(todos.userId, 'userId')), gt(todos.id, param(todos.id, 'from'))))
      .orderBy(asc(todos.id))
      .limit(1)
      .offset(sql.placeholder('offset')),
    /** The last todos of all slices. */
    findRangeEnds: db
      .select({ id: max(weighed.id) })
      .from(weighed)
      .groupBy(sql`${weighed.weight} / ${sql.raw(`${MAX_RANGE}`)}`)
      .orderBy(asc(max(weighed.id)))
  }
})

/**
 * Divides the todos of a user into ranges that a statement deals with in a second or so: an engine may index the terms of a
 * todo anew with each change of it.
 * @returns one range where one will do
 */
export async function splitIntoRanges(store: Store, userId: string): Promise<IdRange[]> {
  if (store.hasManyRows) return [ALL_IDS]
  const rangeEnds = (await statements(store).findRangeEnds.execute({ userId })).map(({ id }) => String(id))
  let from = MIN_ID
  return [...rangeEnds.slice(0, -1), MAX_ID].map(to => {
    const range = { from, to }
    from = to
    return range
  })
}

/** Whether a user has so many todos that a change of all of them would hold up others. */
export const needsSlices = (store: Store, userId: string): boolean =>
  store.hasManyRows?.(todoTables(store.kit).todos.userId, userId) ?? false

/** What is under way in this process, by the user. */
const runningByDatabase = new WeakMap<Queries, Map<string, Promise<void>>>()

/** Bulk updates of users who have very many todos. */
export function createSlicedUpdates(store: Store, prepareSlices: PrepareSlices) {
  const {
    find,
    findState,
    findUnfinished: unfinished,
    start: begin,
    advance: goOn,
    addChanged: add,
    findSliceEnd: bound
  } = statements(store)
  const runningByUser = runningByDatabase.get(store.db) ?? new Map<string, Promise<void>>()
  runningByDatabase.set(store.db, runningByUser)

  async function findLatest(userId: string): Promise<BulkUpdateRow | undefined> {
    const [row] = await find.execute({ userId })
    return row
  }

  /** What names the latest update, and whether it is done. An engine that no write holds up has none. */
  const findLatestState = (userId: string) => (store.hasManyRows ? findState.execute({ userId }) : [])

  /** Does what is left of an update, slice by slice. */
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
      const [sliceEnd] = await bound.execute({ userId, from, offset: size - 1 })
      const to = sliceEnd?.id ?? MAX_ID
      const startTime = performance.now()
      try {
        await store.atomically(
          mustAffectRow(goOn.bind({ userId, revision, from, to, isDone: sliceEnd === undefined })),
          createSlice({ from, to }),
          add.bind(earlierRows => ({ userId, revision, changed: earlierRows[1]?.length }))
        )
      } catch (error) {
        // Another process does the same.
        if (!(error instanceof NoRowAffected)) throw error
      }
      const elapsed = performance.now() - startTime
      size = Math.max(
        MIN_SLICE,
        Math.min(MAX_SLICE, Math.round(size * Math.min(2, TARGET_SLICE_TIME / elapsed)))
      )
    }
  }

  /** Has what is left of a user's update done. @returns what names the last one */
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

  /** For as long as a request may be repeated; after that its key stands for a new one. */
  function isReplayOf(last: BulkUpdateRow, requestId: string | null): boolean {
    const oldest = store.now().getTime() - IDEMPOTENCY_RETENTION * 1000
    return requestId !== null && last.requestId === requestId && last.startedAt.getTime() >= oldest
  }

  async function finishLatest(userId: string): Promise<void> {
    const update = await findLatest(userId)
    if (update) await runSlices(update)
  }

  return {
    settle: finishPending,

    /** Does what is left of the updates of all users. */
    async finishAllPending(): Promise<void> {
      for (const { userId } of await unfinished.execute()) await finishPending(userId)
    },

    /** Reads a user's todos when no update of them is under way. */
    async readConsistently<Result>(userId: string, read: () => Promise<Result>): Promise<Result> {
      for (;;) {
        const revisionBefore = await finishPending(userId)
        const result = await read()
        const [last] = await findLatestState(userId)
        // Another process may have begun one meanwhile.
        if (last?.revision === revisionBefore) return result
      }
    },

    /**
     * Carries an update out, after the user's others.
     * @param requestId names the request, so that its repetition after a crash is told what the first one would have been
     * @returns how many todos it changed
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
          cursor: MIN_ID,
          changed: 0,
          isDone: false
        }
        for (;;) {
          await finishPending(userId)
          const last = await findLatest(userId)
          if (last?.revision === revision) return last.changed
          if (last && isReplayOf(last, requestId)) return last.changed
          await begin.execute(row)
        }
      })
    }
  }
}
