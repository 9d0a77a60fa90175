import { and, eq, gt, inArray, isNotNull, isNull, lt, type SQL, sql } from 'drizzle-orm'
import type { Engine, Params } from '../../db/engine.ts'
import { param } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { validationFailed } from '../../problems/problem.ts'
import { priorities } from '../content/content.ts'
import { firstDueKey, lastDueKey, NO_DUE_KEY } from '../content/due.ts'
import { listStatements } from '../lists/statements.ts'
import { todoStatements } from '../statements.ts'
import { todoTables } from '../tables.ts'
import { type Filter, INBOX_REF, MAX_LISTS_IN_FILTER, NO_PARENT_REF } from './list-query.ts'
import { todoSearch } from './search.ts'
import { tokenize, toSearchTerms } from './terms.ts'

/** Of which lists: those that are not archived, one, or several. */
type ListScope = 'active' | 'one' | 'several'

/** The part of a filter that decides on the statement; the rest are its parameters. */
export interface FilterShape {
  readonly lists: ListScope
  readonly parent: 'any' | 'none' | 'one'
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
  { lists, parent, comparedFields, isSearch, isEmptySearch, isTrash }: FilterShape,
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
    toListCondition(engine, lists, isTrash || parent === 'one'),
    parent === 'none' ? sql`${todos.parentId} = ''` : undefined,
    parent === 'one'
      ? and(eq(todos.parentId, param(todos.parentId, 'parent')), sql`${todos.parentId} <> ''`)
      : undefined,
    isSearch ? searchCondition : undefined,
    isEmptySearch ? sql`1 = 0` : undefined,
    ...comparedFields.map(name => comparisons[name])
  )
}

/** @param includesArchived whether todos of archived lists are among those of all lists */
function toListCondition({ db, kit }: Engine, scope: ListScope, includesArchived: boolean): SQL | undefined {
  const { todos, lists } = todoTables(kit)
  if (scope === 'one') return eq(todos.listId, param(todos.listId, 'list0'))
  if (scope === 'several')
    return inArray(
      todos.listId,
      LIST_PARAMS.map(name => sql.placeholder(name))
    )
  if (includesArchived) return undefined
  // The todos of a list that was archived or deleted follow in the background; until then, the list tells.
  const changingLists = db
    .select({ id: lists.id })
    .from(lists)
    .where(and(eq(lists.userId, param(lists.userId, 'userId')), isNotNull(lists.transition)))
  return sql`not ${todos.isArchived} and (${todos.listId} = '' or ${todos.listId} not in ${changingLists})`
}

const LIST_PARAMS = Array.from({ length: MAX_LISTS_IN_FILTER }, (_, index) => `list${index}`)

/**
 * The shape of the statement that a filter needs, and the parameters for it. Before a search, the index catches up. A search
 * without a word, as while somebody types, finds nothing.
 * @throws {Problem} `validation_failed` for a list or a parent that is not there
 */
export async function prepareFilter(store: Store, userId: string, filter: Filter) {
  const { tag = [], q, list = [], parent, deleted: isTrash = false, ...comparisons } = filter
  const isEmptySearch = q !== undefined && tokenize(q).length === 0
  const isSearch = !isEmptySearch && (tag.length > 0 || q !== undefined)
  const comparedFields = (Object.keys(comparisons) as (keyof Comparisons)[]).sort()
  await assertListsExist(store, userId, list)
  if (parent !== undefined) await assertParentExists(store, userId, parent)
  if (isSearch) await todoSearch(store).catchUpIndex(userId)
  const shape: FilterShape = {
    lists: toListScope(list),
    parent: parent === undefined ? 'any' : parent === NO_PARENT_REF ? 'none' : 'one',
    comparedFields,
    isSearch,
    isEmptySearch,
    isTrash
  }
  const termParams = isSearch && todoSearch(store).toParams(toSearchTerms(userId, q ?? '', tag))
  const params = { userId, parent, ...toListParams(list), ...termParams, ...toComparisonParams(comparisons) }
  return { shape, params }
}

function toListScope(lists: readonly string[]): ListScope {
  if (lists.length === 0) return 'active'
  return lists.length === 1 ? 'one' : 'several'
}

/** The places that are left name the first list again. */
const toListParams = (lists: readonly string[]): Params =>
  lists.length === 0
    ? {}
    : Object.fromEntries(LIST_PARAMS.map((name, index) => [name, toListId(lists[index] ?? lists[0] ?? '')]))

const toListId = (reference: string): string => (reference === INBOX_REF ? '' : reference)

async function assertListsExist(store: Store, userId: string, lists: readonly string[]): Promise<void> {
  for (const id of lists) {
    if (id === INBOX_REF) continue
    const [list] = await listStatements(store).find.execute({ id, userId })
    if (!list || list.deletedAt) throw validationFailed({ parameter: 'list', detail: NO_LIST })
  }
}

async function assertParentExists(store: Store, userId: string, parent: string): Promise<void> {
  if (parent === NO_PARENT_REF) return
  const [row] = await todoStatements(store).findListed.execute({ id: parent, userId })
  if (!row) throw validationFailed({ parameter: 'parent', detail: 'names no todo of the list' })
}

const NO_LIST = 'names no list; GET /api/lists tells those that there are'

const toComparisonParams = ({ done, priority, dueBefore, dueAfter, updatedAfter }: Comparisons): Params => ({
  done,
  ...(updatedAfter && { updatedAfter: new Date(updatedAfter) }),
  ...(priority && { priority: priorities.indexOf(priority) }),
  ...(dueBefore && { dueBefore: firstDueKey(dueBefore) }),
  ...(dueAfter && { dueAfter: lastDueKey(dueAfter) })
})
