import { and, asc, count, desc, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { unionAll } from 'drizzle-orm/pg-core'
import type { Engine, UserParams } from '../../db/engine.ts'
import { param, prepareShapes } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import type { Page } from '../../http/cursor.ts'
import { validationFailed } from '../../problems/problem.ts'
import { isTimestamp } from '../../time/rfc3339.ts'
import { createBulkUpdates } from '../bulk/bulk-updates.ts'
import { priorities } from '../content/content.ts'
import { readSettled } from '../lists/transitions/settle.ts'
import { transitionStatements } from '../lists/transitions/statements.ts'
import { type TodoRow, todoTables } from '../tables.ts'
import { type Todo, toTodo } from '../todo.ts'
import { type CursorPosition, parseCursor, toCursor } from './cursor.ts'
import { type FilterShape, isOutsideList, prepareFilter, toCondition } from './filter.ts'
import { type Filter, findFilterErrors, type ListQuery } from './list-query.ts'
import { getSortColumn, type Sort } from './sort.ts'
import { assertTargetsExist } from './targets.ts'

export interface TodoPage extends Page<Todo> {
  /** The number of todos on all pages, if the query asks for it. */
  readonly total?: number
}

interface PageShape extends FilterShape {
  readonly sort: Sort
  readonly isFirstPage: boolean
}

const selectPage = prepareShapes('todos_page', (engine, shape: PageShape) => {
  const { todos } = todoTables(engine.kit)
  const [column, direction, operator] = parseSort(engine, shape.sort)
  const paramPosition = sql`(${param(column, 'key')}, ${param(todos.id, 'id')})`
  const isAfterCursor = shape.isFirstPage
    ? undefined
    : sql`(${column}, ${todos.id}) ${operator} ${paramPosition}`
  const selectFrom = (lists: FilterShape['lists']) =>
    engine.db
      .select()
      .from(todos)
      .where(and(toCondition(engine, { ...shape, lists }), isAfterCursor))
  const order = [direction(column), direction(todos.id)]
  const limit = sql.placeholder('limit')
  return isMerged(shape)
    ? unionAll(selectFrom('inbox'), selectFrom('activeLists'))
        .orderBy(...order)
        .limit(limit)
    : selectFrom(shape.lists)
        .orderBy(...order)
        .limit(limit)
})

/** Whether a page of everything is merged from two indexes. A search has another way, which it would go twice. */
const isMerged = ({ lists, parent, isSearch, isTrash }: FilterShape): boolean =>
  lists === 'active' && parent !== 'one' && !isSearch && !isTrash

const selectCount = prepareShapes(
  'todos_total',
  (engine, { isElsewhere, ...shape }: FilterShape & { readonly isElsewhere: boolean }) => {
    const { todos } = todoTables(engine.kit)
    const condition = and(toCondition(engine, shape), isElsewhere ? isOutsideList(todos) : undefined)
    return engine.db.select({ total: count() }).from(todos).where(condition)
  }
)

/**
 * A page of a user's todos. The order is total, by a key, then by id, so a page costs the same at any depth. What becomes
 * overdue during a walk through pages is like what is created meanwhile: it is on a later page, or was passed already.
 * @throws {Problem} `validation_failed` when the filter contradicts itself, or the cursor is of another list
 */
export async function listTodos(store: Store, userId: string, query: ListQuery): Promise<TodoPage> {
  const { limit, cursor, sort = 'position', count: isCounted = false, ...filter } = query
  const errors = findFilterErrors(filter)
  if (errors.length > 0) throw validationFailed(...errors)
  const listIdentity = [sort, Object.entries(filter).sort()]
  const cursorPosition =
    cursor === undefined ? undefined : parseCursor(cursor, listIdentity, createKeyCheck(sort))
  await assertTargetsExist(store, userId, filter)
  const { shape, params } = await prepareFilter(store, userId, filter, store.now())
  const pageShape = { ...shape, sort, isFirstPage: cursorPosition === undefined }
  const statement = selectPage(store, pageShape)
  const isQuick = isIndexed(pageShape) && !(await hasHiddenTodos(store, userId))
  const pageParams = {
    ...params,
    ...(cursorPosition && toCursorParams(sort, cursorPosition)),
    limit: limit + 1
  }
  const { rows, total } = await readConsistently(store, userId, filter, async () => ({
    rows: await (isQuick
      ? statement.execute(pageParams)
      : statement.executeLong(pageParams, todoTables(store.kit).todos.userId)),
    total: isCounted ? await countMatching(store, shape, params) : undefined
  }))
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return {
    items: rows.slice(0, limit).map(toTodo),
    nextCursor: last ? toCursor({ id: last.id, key: toCursorKey(last, sort) }, listIdentity) : null,
    ...(total !== undefined && { total })
  }
}

/**
 * The number of a user's todos that pass a filter.
 * @param targetListId leaves out those of this list, '' for the inbox
 */
export async function countTodos(
  store: Store,
  userId: string,
  filter: Filter,
  targetListId?: string
): Promise<number> {
  await assertTargetsExist(store, userId, filter)
  const { shape, params } = await prepareFilter(store, userId, filter, store.now())
  return readConsistently(store, userId, filter, () =>
    countMatching(store, shape, { ...params, targetListId })
  )
}

/** Reads while no bulk update is under way. What is in the trash shows only when all todos have followed their lists. */
function readConsistently<Result>(
  store: Store,
  userId: string,
  { deleted }: Filter,
  read: () => Promise<Result>
): Promise<Result> {
  const readUpdated = () => createBulkUpdates(store).readConsistently(userId, read)
  return deleted ? readSettled(store, userId, readUpdated) : readUpdated()
}

async function countMatching(store: Store, shape: FilterShape, params: UserParams): Promise<number> {
  const statement = selectCount(store, { ...shape, isElsewhere: params.targetListId !== undefined })
  const [row] = await statement.executeLong(params, todoTables(store.kit).todos.userId)
  return Number(row?.total)
}

/** Whether an index yields exactly the todos of the page, in their order, or they are the few children of a todo. */
const isIndexed = ({
  lists,
  parent,
  recurrence,
  comparedFields,
  isSearch,
  isTrash,
  sort
}: PageShape): boolean =>
  !isTrash &&
  (parent === 'one' ||
    (comparedFields.length === 0 &&
      recurrence === 'any' &&
      !isSearch &&
      lists !== 'several' &&
      (parent === 'any' || (lists !== 'active' && sort.endsWith('position')))))

/** Whether todos are left out that an index of active todos still has: those of a list that was just archived or deleted. */
async function hasHiddenTodos(store: Store, userId: string): Promise<boolean> {
  // Where long reads hold up nobody, it does not matter.
  if (!store.hasManyRows) return false
  return (await transitionStatements(store).findChanging.execute({ userId })).length > 0
}

function parseSort({ kit }: Engine, sort: Sort): [PgColumn, typeof asc, SQL] {
  const column: PgColumn = todoTables(kit).todos[getSortColumn(sort)]
  return sort.startsWith('-') ? [column, desc, sql`<`] : [column, asc, sql`>`]
}

/** Checks the key of a cursor, since the databases would fail on another type or value. */
const createKeyCheck = (sort: Sort) => {
  if (sort.endsWith('At')) return isTimestamp
  if (sort.endsWith('priority')) return (key: unknown) => typeof key === 'number' && key in priorities
  return (key: unknown) => typeof key === 'string' && key.isWellFormed() && !key.includes('\0')
}

/** The sort key of a row in a cursor: instants in milliseconds. */
const toCursorKey = (row: TodoRow, sort: Sort): string | number => {
  const key = row[getSortColumn(sort)]
  return key instanceof Date ? key.getTime() : key
}

const toCursorParams = (sort: Sort, { key, id }: CursorPosition) => ({
  id,
  key: sort.endsWith('At') ? new Date(key) : key
})
