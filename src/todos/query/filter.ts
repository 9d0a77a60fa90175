import { and, eq, gt, inArray, isNotNull, isNull, lt, ne, notInArray, or, type SQL, sql } from 'drizzle-orm'
import type { Engine, Params } from '../../db/engine.ts'
import { param } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { toLocalDateTime } from '../../time/time-zones.ts'
import { priorities } from '../content/content.ts'
import { firstDueKey, lastDueKey, NO_DUE_KEY } from '../content/due.ts'
import { type TodoTables, todoTables } from '../tables.ts'
import { type Filter, INBOX_REF, MAX_LISTS_IN_FILTER, NO_PARENT_REF } from './list-query.ts'
import { todoSearch } from './search.ts'
import { tokenize, toSearchTerms } from './terms.ts'

/** Of which lists: the inbox, one list, several, all that are not archived without the inbox, or with it. */
type ListScope = 'inbox' | 'one' | 'several' | 'activeLists' | 'active'

/** The part of a filter that decides on the statement; the rest are its parameters. */
export interface FilterShape {
  readonly lists: ListScope
  readonly parent: 'any' | 'none' | 'one'
  readonly recurrence: 'any' | 'recurring' | 'single'
  readonly comparedFields: readonly (keyof Comparisons)[]
  readonly isSearch: boolean
  /** Whether the search has no word: then no todo is found. */
  readonly isEmptySearch: boolean
  readonly isTrash: boolean
}

type Comparisons = Omit<Filter, 'tag' | 'q' | 'deleted' | 'timeZone' | 'list' | 'parent' | 'repeat'>

/**
 * The SQL condition of a filter. It names the owner.
 * @param searchCondition of a search, by default with the index
 */
export function toCondition(
  engine: Engine,
  { lists, parent, recurrence, comparedFields, isSearch, isEmptySearch, isTrash }: FilterShape,
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
    toListCondition(engine, lists, isTrash || parent === 'one'),
    parent === 'none' ? sql`${todos.parentId} = ''` : undefined,
    parent === 'one'
      ? and(eq(todos.parentId, param(todos.parentId, 'parent')), sql`${todos.parentId} <> ''`)
      : undefined,
    recurrence === 'recurring' ? isNotNull(todos.repeat) : undefined,
    recurrence === 'single' ? isNull(todos.repeat) : undefined,
    isSearch ? searchCondition : undefined,
    isEmptySearch ? sql`1 = 0` : undefined,
    ...comparedFields.map(name => comparisons[name])
  )
}

/** Whether a todo is anywhere but in the list or the inbox that `targetListId` names. */
export const isOutsideList = ({ listId }: Pick<TodoTables['todos'], 'listId'>): SQL =>
  ne(listId, param(listId, 'targetListId'))

/** @param includesArchived whether todos of archived lists are among those of all lists */
function toListCondition({ db, kit }: Engine, scope: ListScope, includesArchived: boolean): SQL | undefined {
  const { todos, lists } = todoTables(kit)
  // Written as the indexes have it, so that they are used.
  const [isInInbox, isInList] = [sql`${todos.listId} = ''`, sql`${todos.listId} <> ''`]
  if (scope === 'inbox') return isInInbox
  if (scope === 'one') return and(isInList, eq(todos.listId, param(todos.listId, 'list0')))
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
  const isInActiveList = and(isInList, sql`not ${todos.isArchived}`, notInArray(todos.listId, changingLists))
  return scope === 'activeLists' ? isInActiveList : or(isInInbox, isInActiveList)
}

const LIST_PARAMS = Array.from({ length: MAX_LISTS_IN_FILTER }, (_, index) => `list${index}`)

/**
 * The shape of the statement that a filter needs, and the parameters for it. Before a search, the index catches up. A search
 * without a word, as while somebody types, finds nothing.
 * @param now by which todos are overdue
 */
export async function prepareFilter(store: Store, userId: string, filter: Filter, now: Date) {
  const {
    tag = [],
    q,
    list = [],
    parent,
    repeat,
    deleted: isTrash = false,
    timeZone,
    ...comparisons
  } = filter
  const isEmptySearch = q !== undefined && tokenize(q).length === 0
  const isSearch = !isEmptySearch && (tag.length > 0 || q !== undefined)
  const comparedFields = (Object.keys(comparisons) as (keyof Comparisons)[]).sort()
  if (isSearch) await todoSearch(store).catchUpIndex(userId)
  const shape: FilterShape = {
    lists: toListScope(list),
    parent: parent === undefined ? 'any' : parent === NO_PARENT_REF ? 'none' : 'one',
    recurrence: repeat === undefined ? 'any' : repeat ? 'recurring' : 'single',
    comparedFields,
    isSearch,
    isEmptySearch,
    isTrash
  }
  const termParams = isSearch && todoSearch(store).toParams(toSearchTerms(userId, q ?? '', tag))
  // Days and local times alike are past by the clock of the asker, whatever zone a todo names: that is how they are ordered.
  const localNow = timeZone && { localNow: toLocalDateTime(now, timeZone) }
  const params = {
    userId,
    ...(parent && { parent }),
    ...toListParams(list),
    ...termParams,
    ...toComparisonParams(comparisons),
    ...localNow
  }
  return { shape, params }
}

function toListScope(lists: readonly string[]): ListScope {
  if (lists.length === 0) return 'active'
  if (lists.length > 1) return 'several'
  return lists[0] === INBOX_REF ? 'inbox' : 'one'
}

/** The places that are left name the lists again. */
const toListParams = (lists: readonly string[]): Params =>
  lists.length === 0
    ? {}
    : Object.fromEntries(LIST_PARAMS.map((name, index) => [name, toListId(`${lists[index % lists.length]}`)]))

const toListId = (reference: string): string => (reference === INBOX_REF ? '' : reference)

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
