import { and, asc, eq, gt, isNotNull, lte, sql } from 'drizzle-orm'
import { param, prepareShapes, prepareStatements } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { createDraft, type Draft } from '../draft.ts'
import { type FilterShape, prepareFilter, toCondition } from '../query/filter.ts'
import { todoSearch } from '../query/search.ts'
import { isRecurring } from '../recurrence/recurring.ts'
import { createSeriesOperations } from '../recurrence/series-operations.ts'
import { type TodoRow, todoTables } from '../tables.ts'
import { isListed } from '../todo.ts'
import { findDescendants } from '../tree/tree.ts'
import type { FilteredUpdate } from './filtered-update.ts'
import { type BulkUpdateRun, countRows, type Pass } from './passes/pass.ts'

/** The open recurring todos in a range of ids that pass a filter. */
const findOpen = prepareShapes('todos_bulk_recurring', (engine, shape: FilterShape) => {
  const { todos } = todoTables(engine.kit)
  return engine.db
    .select()
    .from(todos)
    .where(
      and(
        toCondition(engine, shape, todoSearch(engine).unindexedCondition),
        isNotNull(todos.repeat),
        eq(todos.done, false),
        gt(todos.id, param(todos.id, 'from')),
        lte(todos.id, param(todos.id, 'to'))
      )
    )
    .orderBy(asc(todos.id))
})

const statements = prepareStatements('todos_bulk_recurring_slices', todoTables, (db, { todos }) => ({
  findEnd: db
    .select({ id: todos.id })
    .from(todos)
    .where(
      and(
        eq(todos.userId, param(todos.userId, 'userId')),
        isNotNull(todos.repeat),
        gt(todos.id, param(todos.id, 'from'))
      )
    )
    .orderBy(asc(todos.id))
    .limit(1)
    .offset(sql.placeholder('offset'))
}))

/**
 * Prepares the pass that completes the present occurrence of each open recurring todo that passes a filter. It comes before the
 * pass over the others. Their subtasks begin the next occurrence open: they get the revision of the update, by which that pass
 * leaves them out.
 */
export async function prepareRecurringPass(
  store: Store,
  { filter, sessionId = null }: FilteredUpdate,
  { userId, revision, startedAt }: BulkUpdateRun
): Promise<Pass> {
  const { shape, params } = await prepareFilter(store, userId, filter, startedAt)

  async function completeAll(rows: readonly TodoRow[], draft: Draft): Promise<void> {
    const { complete } = createSeriesOperations({
      store,
      draft,
      sessionId,
      now: () => startedAt,
      newRevision: () => revision,
      addCompletion: statement => draft.add(countRows(statement))
    })
    for (const { id } of rows) {
      const row = await draft.find(id)
      if (!row || !isRecurring(row)) continue
      const { done } = await complete(row)
      if (!done && row.childCount > 0) await markDescendants(draft, row)
    }
  }

  async function markDescendants(draft: Draft, row: TodoRow): Promise<void> {
    for (const descendant of await findDescendants(draft, row))
      if (isListed(descendant) && !isRecurring(descendant)) await draft.put({ ...descendant, revision })
  }

  return {
    async prepareRange(range) {
      const rows = await findOpen(store, shape).execute({ ...params, ...range })
      const draft = createDraft(store, userId)
      await draft.take(rows)
      await completeAll(rows, draft)
      return draft.bind()
    },
    async findSliceEnd(from, size) {
      const [end] = await statements(store).findEnd.execute({ userId, from, offset: size - 1 })
      return end?.id
    }
  }
}
