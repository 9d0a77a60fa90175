import { and, asc, eq, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import type { BoundStatement, Rows } from '../../../db/bound-statement.ts'
import { isIdParam, MAX_IDS, toIdParams } from '../../../db/read-batches.ts'
import { param, prepareShapes, prepareStatements } from '../../../db/statements.ts'
import type { Store } from '../../../db/store.ts'
import { createDraft, type Draft } from '../../draft/draft.ts'
import { type FilterShape, prepareFilter, toCondition } from '../../query/filter.ts'
import { todoSearch } from '../../query/search.ts'
import { isRecurring } from '../../recurrence/recurring.ts'
import { createSeriesOperations } from '../../recurrence/series-operations.ts'
import { type TodoRow, type TodoTables, todoTables } from '../../tables.ts'
import { isListed } from '../../todo.ts'
import { findAncestors, findDescendants } from '../../tree/tree.ts'
import { type BulkUpdateRun, countRows, type Pass } from '../passes/pass.ts'
import { isInRange, type StateChange } from './update-range.ts'

const isOpenRecurring = ({ todos }: TodoTables): SQL | undefined =>
  and(isNotNull(todos.repeat), eq(todos.done, false))

/** The open todos that pass a filter: those that recur, in a range of ids, or those with some ids. */
const selectOpen = prepareShapes(
  'todos_bulk_recurring',
  (engine, { which, ...shape }: FilterShape & { readonly which: 'recurring' | 'named' }) => {
    const tables = todoTables(engine.kit)
    const { todos } = tables
    return engine.db
      .select()
      .from(todos)
      .where(
        and(
          toCondition(engine, shape, todoSearch(engine).unindexedCondition),
          eq(todos.done, false),
          which === 'named' ? isIdParam(todos.id) : and(isOpenRecurring(tables), isInRange(tables))
        )
      )
      .orderBy(asc(todos.id))
  }
)

const statements = prepareStatements('bulk_recurring', todoTables, (db, tables) => {
  const { todos } = tables
  return {
    findSubtasks: db
      .select()
      .from(todos)
      .where(
        and(isOpenRecurring(tables), isInRange(tables), isNull(todos.deletedAt), sql`${todos.parentId} <> ''`)
      )
      .orderBy(asc(todos.id)),
    findSliceEnd: db
      .select({ id: todos.id })
      .from(todos)
      .where(
        and(
          eq(todos.userId, param(todos.userId, 'userId')),
          isNotNull(todos.repeat),
          sql`${todos.id} > ${param(todos.id, 'from')}`
        )
      )
      .orderBy(asc(todos.id))
      .limit(1)
      .offset(sql.placeholder('offset'))
  }
})

/**
 * Prepares the pass that completes the present occurrence of each open recurring todo that passes a filter, or is below one that does
 * if subtasks are completed as well. The pass comes before those over the others. The subtasks of a todo begin its next occurrence
 * open: they get the revision of the update, by which the other passes leave them out.
 */
export async function prepareRecurringPass(
  store: Store,
  { filter, children, sessionId = null }: StateChange,
  { userId, revision, startedAt }: BulkUpdateRun
): Promise<Pass> {
  const { shape, params } = await prepareFilter(store, userId, filter, startedAt)

  /** The todos with some ids that the update completes. */
  async function findCompleted(ids: readonly string[]): Promise<Set<string>> {
    const statement = selectOpen(store, { ...shape, which: 'named' })
    const completed = new Set<string>()
    for (let start = 0; start < ids.length; start += MAX_IDS) {
      const idParams = toIdParams(ids.slice(start, start + MAX_IDS))
      for (const { id } of await statement.execute({ ...params, ...idParams })) completed.add(id)
    }
    return completed
  }

  /** The recurring todos of a range that are below those which the update completes. */
  async function findBelowCompleted(draft: Draft, range: object): Promise<TodoRow[]> {
    const ancestorsByRow = new Map<TodoRow, readonly string[]>()
    for (const row of await statements(store).findSubtasks.execute({ userId, ...range }))
      ancestorsByRow.set(
        row,
        (await findAncestors(draft, row)).map(({ id }) => id)
      )
    const completed = await findCompleted([...new Set([...ancestorsByRow.values()].flat())])
    return [...ancestorsByRow].flatMap(([row, ids]) => (ids.some(id => completed.has(id)) ? [row] : []))
  }

  /** @param toStatement makes what keeps a completion one of the update's statements */
  async function completeAll(
    draft: Draft,
    rows: readonly TodoRow[],
    toStatement: (completion: BoundStatement<Rows>) => BoundStatement
  ): Promise<void> {
    const { complete } = createSeriesOperations({
      store,
      draft,
      sessionId,
      now: () => startedAt,
      newRevision: () => revision,
      addCompletion: statement => draft.add(toStatement(statement))
    })
    for (const { id } of rows) {
      const row = await draft.find(id)
      if (row && isRecurring(row) && !(await complete(row)).done) await markDescendants(draft, row)
    }
  }

  async function markDescendants(draft: Draft, row: TodoRow): Promise<void> {
    if (row.childCount === 0) return
    for (const descendant of await findDescendants(draft, row))
      if (isListed(descendant) && !isRecurring(descendant)) await draft.put({ ...descendant, revision })
  }

  return {
    async prepareRange(range) {
      const draft = createDraft(store, userId)
      const rows = await selectOpen(store, { ...shape, which: 'recurring' }).execute({ ...params, ...range })
      await draft.take(rows)
      const below = children === 'complete' ? await findBelowCompleted(draft, range) : []
      const selectedIds = new Set(rows.map(({ id }) => id))
      await completeAll(draft, rows, countRows)
      // Subtasks that go along are not counted.
      await completeAll(
        draft,
        below.filter(({ id }) => !selectedIds.has(id)),
        completion => completion
      )
      return draft.bind()
    },
    async findSliceEnd(from, size) {
      const [end] = await statements(store).findSliceEnd.execute({ userId, from, offset: size - 1 })
      return end?.id
    }
  }
}
