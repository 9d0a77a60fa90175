import { and, eq, gt, isNotNull, isNull, lt, type SQL, sql } from 'drizzle-orm'
import type { Engine, Params } from '../../db/engine.ts'
import { param } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { firstDueKey, lastDueKey, NO_DUE_KEY } from '../content/due.ts'
import { todoTables } from '../tables.ts'
import { type Priority, priorities } from '../todo.ts'
import { todoSearch } from './search.ts'
import { tokenize, toSearchTerms } from './terms.ts'

/** Which todos; without any of these, all of the list. */
export interface Filter {
  readonly done?: boolean
  /** Those that have all of these tags. */
  readonly tag?: readonly string[]
  readonly priority?: Priority
  /** A day or a local time; like all bounds it is not among what is found. */
  readonly dueBefore?: string
  readonly dueAfter?: string
  /** An instant (RFC 3339). */
  readonly updatedAfter?: string
  /** How words in title or description begin, in any order. */
  readonly q?: string
  /** Those in the trash instead of those in the list. */
  readonly deleted?: boolean
}

/** What of a filter makes a statement; the rest are its values. */
export interface FilterShape {
  readonly comparedFields: readonly (keyof Comparisons)[]
  readonly isSearch: boolean
  /** Whether there is nothing to search for, which no todo has. */
  readonly isEmptySearch: boolean
  readonly isTrash: boolean
}

type Comparisons = Pick<Filter, 'done' | 'priority' | 'dueBefore' | 'dueAfter' | 'updatedAfter'>

/**
 * The condition on todos that a filter is; the owner is part of it.
 * @param searchCondition how a search is part of it
 */
export function toCondition(
  engine: Engine,
  { comparedFields: compared, isSearch, isEmptySearch, isTrash }: FilterShape,
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
    ...compared.map(name => comparisons[name])
  )
}

/**
 * Makes a filter ready: what statement it needs, and that one's values. For a search, the index is brought up to date.
 * A search for no word, as while somebody types, lets nothing through.
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
