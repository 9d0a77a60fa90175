import { eq, type SQL, sql } from 'drizzle-orm'
import type { BoundStatement, Rows } from '../db/bound-statement.ts'
import type { Engine, Params, Queries, QueryBuilder, UserParams } from '../db/engine.ts'
import { isIdParam, toIdParams } from '../db/read-batches.ts'
import {
  cacheShapes,
  oncePerDatabase,
  oncePerEngine,
  param,
  prepareStatements,
  type ResultOf
} from '../db/statements.ts'
import type { TableDefinition, Tables } from '../db/tables.ts'
import { syncTables } from './tables.ts'

/*
 * Each user has a change sequence: a number that every write to the user's data first advances, and then stamps on the rows
 * that it writes. The row of the number stays locked until the commit, so the commits of a user are in the order of their
 * numbers: whoever reads number 8 sees everything up to 8.
 */

/** A write to the data of a user, which advances the change sequence. */
export interface Change<Result> {
  /**
   * The write with its values, for `store.atomically`.
   * @param toParams makes the values that depend on the rows of the statements before it
   */
  readonly bind: (
    params: UserParams,
    toParams?: (earlierRows: readonly Rows[]) => Params
  ) => BoundStatement<Result>
}

type Changes<Builders extends Record<string, QueryBuilder>> = {
  readonly [Key in keyof Builders]: Change<ResultOf<Builders[Key]>>
}

/** Called with the user, after a change of this process has been committed. */
export type ChangeListener = (userId: string) => void

/** The listeners to the changes that this process commits. */
export const changeListeners = oncePerDatabase(() => new Set<ChangeListener>())

/** Writes that the advance of the user's sequence precedes. */
const getChangeWrites = oncePerEngine(engine => {
  const { db, kit } = engine
  const { changeSequences: sequences } = syncTables(kit)
  const userId = param(sequences.userId, 'userId')
  return engine.precede({
    query: db
      .insert(sequences)
      .values({ userId, value: 1, floor: 0 })
      .onConflictDoUpdate({ target: sequences.userId, set: { value: sql`${sequences.value} + 1` } })
      .returning({ value: sequences.value }),
    column: sequences.value.name,
    value: sql`(${db.select({ value: sequences.value }).from(sequences).where(eq(sequences.userId, userId))})`
  })
})

/**
 * Prepares the writes of a feature to the data of users once for each store, at their first use.
 * @param feature with a write's key it names the write, in the database and in the log
 * @param tables the tables that are written
 * @param build the writes; each stamps its rows with the number of the change
 */
export function prepareChanges<Feature extends Tables, Builders extends Record<string, QueryBuilder>>(
  feature: string,
  tables: TableDefinition<Feature>,
  build: (db: Queries, tables: Feature, number: SQL) => Builders
): (engine: Engine) => Changes<Builders> {
  return oncePerEngine(engine => {
    const { db, value } = getChangeWrites(engine)
    const entries = Object.entries(build(db, tables(engine.kit), value)).map(([key, builder]) => [
      key,
      createChange(engine, `${feature}_${key}`, builder)
    ])
    return Object.fromEntries(entries) as Changes<Builders>
  })
}

/**
 * Prepares a write to the data of users for each of its shapes, at the first use of that one.
 * @param name of the write, in the database and in the log
 * @param build the write in a shape; it stamps its rows with the number of the change
 */
export const prepareChangeShapes = <Shape, B extends QueryBuilder>(
  name: string,
  build: (engine: Engine, shape: Shape, db: Queries, number: SQL) => B
): ((engine: Engine, shape: Shape) => Change<ResultOf<B>>) =>
  cacheShapes(name, (engine, shape, shapeName) =>
    prepareChange(engine, shapeName, (db, number) => build(engine, shape, db, number))
  )

/**
 * Prepares one write to the data of users.
 * @param build the write; it stamps its rows with the number of the change
 */
export function prepareChange<B extends QueryBuilder>(
  engine: Engine,
  name: string,
  build: (db: Queries, number: SQL) => B
): Change<ResultOf<B>> {
  const { db, value } = getChangeWrites(engine)
  return createChange(engine, name, build(db, value))
}

function createChange<B extends QueryBuilder>(engine: Engine, name: string, builder: B): Change<ResultOf<B>>
function createChange(engine: Engine, name: string, builder: QueryBuilder): Change<unknown> {
  const { run } = getChangeWrites(engine).prepare(builder, name)
  const listeners = changeListeners(engine)
  return {
    bind: (params, toParams) => ({
      name,
      run: earlierRows => run(toParams ? { ...params, ...toParams(earlierRows) } : params),
      onCommitted() {
        for (const listener of listeners) listener(params.userId)
      }
    })
  }
}

/** Where a user's sequence stands. */
export interface SequenceState {
  /** The number of the last change. */
  readonly value: number
}

const NO_CHANGES: SequenceState = { value: 0 }

const statements = prepareStatements(
  'change_sequences',
  syncTables,
  (db, { changeSequences: sequences }) => ({
    find: db
      .select()
      .from(sequences)
      .where(eq(sequences.userId, param(sequences.userId, 'id'))),
    findMany: db.select().from(sequences).where(isIdParam(sequences.userId)),
    lock: db
      .update(sequences)
      .set({ value: sql`${sequences.value}` })
      .where(eq(sequences.userId, param(sequences.userId, 'id')))
      .returning({ value: sequences.value })
  })
)

/**
 * A statement that keeps all other changes of a user waiting until its transaction ends: what is read after it is what is
 * changed after it.
 */
export const bindSequenceLock = (engine: Engine, userId: string): BoundStatement =>
  statements(engine).lock.bind({ id: userId })

/** Makes the reading of a user's sequence, which always gives its present state. */
export const getSequenceReader = oncePerEngine(engine => {
  const { changeSequences } = syncTables(engine.kit)
  const { find, findMany } = statements(engine)
  const read = engine.cached(
    async ids => {
      const rows =
        ids.length === 1 ? await find.execute({ id: ids[0] }) : await findMany.execute(toIdParams(ids))
      return new Map<string, SequenceState>(rows.map(row => [row.userId, row]))
    },
    [{ table: changeSequences, on: ['insert', 'update', 'delete'], id: changeSequences.userId }]
  )
  return async (userId: string): Promise<SequenceState> => (await read(userId)) ?? NO_CHANGES
})
