import { and, eq, gt, isNotNull, isNull, lt, type SQL, sql } from 'drizzle-orm'
import type { Engine, Values } from '../db/engine.ts'
import { given } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { keyFrom, keyUpTo, NEVER } from './due.ts'
import { wantedTerms, wordsOf } from './terms.ts'
import { type Priority, priorities } from './todo.ts'

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
  readonly compared: readonly (keyof Compared)[]
  readonly isSearch: boolean
  /** Whether there is nothing to search for, which no todo has. */
  readonly isEmptySearch: boolean
  readonly isTrash: boolean
}

type Compared = Pick<Filter, 'done' | 'priority' | 'dueBefore' | 'dueAfter' | 'updatedAfter'>

/**
 * The condition on todos that a filter is; the owner is part of it.
 * @param searched how a search is part of it
 */
export function conditionOf(
  { tables: { todos }, search }: Engine,
  { compared, isSearch, isEmptySearch, isTrash }: FilterShape,
  searched: SQL = search.condition
): SQL | undefined {
  const dueAfter = gt(todos.dueKey, given(todos.dueKey, 'dueAfter'))
  const comparisons: Record<keyof Compared, SQL | undefined> = {
    done: eq(todos.done, given(todos.done, 'done')),
    priority: eq(todos.priority, given(todos.priority, 'priority')),
    dueBefore: lt(todos.dueKey, given(todos.dueKey, 'dueBefore')),
    dueAfter: and(dueAfter, lt(todos.dueKey, sql.raw(`'${NEVER}'`))),
    updatedAfter: gt(todos.updatedAt, given(todos.updatedAt, 'updatedAfter'))
  }
  return and(
    eq(todos.userId, given(todos.userId, 'userId')),
    isTrash ? isNotNull(todos.deletedAt) : isNull(todos.deletedAt),
    isSearch ? searched : undefined,
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
  const isEmptySearch = q !== undefined && wordsOf(q).length === 0
  const isSearch = !isEmptySearch && (tag.length > 0 || q !== undefined)
  const compared = (Object.keys(comparisons) as (keyof Compared)[]).sort()
  if (isSearch) await store.search.settle(userId)
  const shape: FilterShape = { compared, isSearch, isEmptySearch, isTrash }
  const terms = isSearch && store.search.valuesOf(wantedTerms(userId, q ?? '', tag))
  return { shape, values: { userId, ...terms, ...comparedValues(comparisons) } }
}

const comparedValues = ({ done, priority, dueBefore, dueAfter, updatedAfter }: Compared): Values => ({
  done,
  ...(updatedAfter && { updatedAfter: new Date(updatedAfter) }),
  ...(priority && { priority: priorities.indexOf(priority) }),
  ...(dueBefore && { dueBefore: keyFrom(dueBefore) }),
  ...(dueAfter && { dueAfter: keyUpTo(dueAfter) })
})
