import { and, eq, gt, isNotNull, isNull, lt, type SQL, sql } from 'drizzle-orm'
import type { Engine, Params } from '../../db/engine.ts'
import { param } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { toLocalDateTime } from '../../time/time-zones.ts'
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

type Comparisons = Omit<Filter, 'tag' | 'q' | 'deleted' | 'timeZone'>

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
  const noDueKey = sql.raw(`'${NO_DUE_KEY}'`)
  const dueAfter = gt(todos.dueKey, param(todos.dueKey, 'dueAfter'))
  const isPastDue = lt(todos.dueKey, param(todos.dueKey, 'localNow'))
  const comparisons: Record<keyof Comparisons, SQL | undefined> = {
    done: eq(todos.done, param(todos.done, 'done')),
    priority: eq(todos.priority, param(todos.priority, 'priority')),
    dueBefore: lt(todos.dueKey, param(todos.dueKey, 'dueBefore')),
    dueAfter: and(dueAfter, lt(todos.dueKey, noDueKey)),
    due: eq(todos.dueKey, noDueKey),
    overdue: and(eq(todos.done, false), isPastDue),
    updatedAfter: gt(todos.updatedAt, param(todos.updatedAt, 'updatedAfter')),
    completedAfter: gt(todos.completedAt, param(todos.completedAt, 'completedAfter')),
    completedBefore: lt(todos.completedAt, param(todos.completedAt, 'completedBefore'))
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
 * @param now by which todos are overdue
 */
export async function prepareFilter(store: Store, userId: string, filter: Filter, now: Date) {
  const { tag = [], q, deleted: isTrash = false, timeZone, ...comparisons } = filter
  const isEmptySearch = q !== undefined && tokenize(q).length === 0
  const isSearch = !isEmptySearch && (tag.length > 0 || q !== undefined)
  const comparedFields = (Object.keys(comparisons) as (keyof Comparisons)[]).sort()
  if (isSearch) await todoSearch(store).catchUpIndex(userId)
  const shape: FilterShape = { comparedFields, isSearch, isEmptySearch, isTrash }
  const termParams = isSearch && todoSearch(store).toParams(toSearchTerms(userId, q ?? '', tag))
  // Days and local times alike are past by the clock of the asker, whatever zone a todo names: that is how they are ordered.
  const localNow = timeZone && { localNow: toLocalDateTime(now, timeZone) }
  return { shape, params: { userId, ...termParams, ...toComparisonParams(comparisons), ...localNow } }
}

const toComparisonParams = (comparisons: Comparisons): Params => {
  const { done, priority, dueBefore, dueAfter, updatedAfter, completedAfter, completedBefore } = comparisons
  return {
    done,
    ...(updatedAfter && { updatedAfter: new Date(updatedAfter) }),
    ...(completedAfter && { completedAfter: new Date(completedAfter) }),
    ...(completedBefore && { completedBefore: new Date(completedBefore) }),
    ...(priority && { priority: priorities.indexOf(priority) }),
    ...(dueBefore && { dueBefore: firstDueKey(dueBefore) }),
    ...(dueAfter && { dueAfter: lastDueKey(dueAfter) })
  }
}
