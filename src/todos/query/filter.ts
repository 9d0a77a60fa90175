import { and, eq, gt, isNotNull, isNull, lt, type SQL, sql } from 'drizzle-orm'
import type { Engine, Params } from '../../db/engine.ts'
import { param } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { priorities } from '../content/content.ts'
import { firstDueKey, lastDueKey, NO_DUE_KEY } from '../content/due.ts'
import { todoTables } from '../tables.ts'
import type { Filter } from './list-query.ts'
import { todoSearch } from './search.ts'
import { tokenize, toSearchTerms } from './terms.ts'

/** The part of a filter that decides on the statement; the rest are its parameters. */
export interface FilterShape {
  readonly comparedFields: readonly (keyof Comparisons)[]
  readonly isSearch: boolean
  /** Whether the search has no word: then no todo is found. */
  readonly isEmptySearch: boolean
  readonly isTrash: boolean
}

type Comparisons = Pick<Filter, 'done' | 'priority' | 'dueBefore' | 'dueAfter' | 'updatedAfter'>

/**
 * The SQL condition of a filter. It names the owner.
 * @param searchCondition of a search, by default with the index
 */
export function toCondition(
  engine: Engine,
  { comparedFields, isSearch, isEmptySearch, isTrash }: FilterShape,
  searchCondition: SQL = todoSearch(engine).condition
): SQL | undefined {
  const { todos } = todoTables(engine.kit)
  const dueAfter = gt(todos.dueKey, param(todos.dueKey, 'dueAfter'))
  const comparisons: Record<keyof Comparisons, SQL | undefined> = {
    done: eq(todos.done, param(todos.done, 'done')),
    priority: eq(todos.priority, param(todos.priority, 'priority')),
    dueBefore: lt(todos.dueKey, param(todos.dueKey, 'dueBefore')),
    dueAfter: and(dueAfter, lt(todos.dueKey, sql.raw(`'${NO_DUE_KEY}'`))),
    updatedAfter: gt(todos.updatedAt, param(todos.updatedAt, 'updatedAfter'))
  }
  return and(
    eq(todos.userId, param(todos.userId, 'userId')),
    isTrash ? isNotNull(todos.deletedAt) : isNull(todos.deletedAt),
    isSearch ? searchCondition : undefined,
    isEmptySearch ? sql`1 = 0` : undefined,
    ...comparedFields.map(name => comparisons[name])
  )
}

/**
 * The shape of the statement that a filter needs, and the parameters for it. Before a search, the index catches up. A search
 * without a word, as while somebody types, finds nothing.
 */
export async function prepareFilter(store: Store, userId: string, filter: Filter) {
  const { tag = [], q, deleted: isTrash = false, ...comparisons } = filter
  const isEmptySearch = q !== undefined && tokenize(q).length === 0
  const isSearch = !isEmptySearch && (tag.length > 0 || q !== undefined)
  const comparedFields = (Object.keys(comparisons) as (keyof Comparisons)[]).sort()
  if (isSearch) await todoSearch(store).catchUpIndex(userId)
  const shape: FilterShape = { comparedFields, isSearch, isEmptySearch, isTrash }
  const termParams = isSearch && todoSearch(store).toParams(toSearchTerms(userId, q ?? '', tag))
  return { shape, params: { userId, ...termParams, ...toComparisonParams(comparisons) } }
}

const toComparisonParams = ({ done, priority, dueBefore, dueAfter, updatedAfter }: Comparisons): Params => ({
  done,
  ...(updatedAfter && { updatedAfter: new Date(updatedAfter) }),
  ...(priority && { priority: priorities.indexOf(priority) }),
  ...(dueBefore && { dueBefore: firstDueKey(dueBefore) }),
  ...(dueAfter && { dueAfter: lastDueKey(dueAfter) })
})
