import { and, asc, count, desc, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Page } from '../db/cursor.ts'
import type { LongValues } from '../db/engine.ts'
import type { Tables, TodoRow } from '../db/schema.ts'
import { given, shapesOf } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { isTimestamp } from '../times.ts'
import { cursorAt, type Point, pointAt } from './cursor.ts'
import { conditionOf, type Filter, type FilterShape, prepareFilter } from './filter.ts'
import { sweepsOf } from './sweep-slices.ts'
import { priorities, type Todo, todoOf } from './todo.ts'

/** What todos can be ordered by, each by a column that has an index. */
const orders = {
  position: 'position',
  createdAt: 'createdAt',
  updatedAt: 'updatedAt',
  due: 'dueKey',
  priority: 'priority',
  title: 'titleKey'
} as const satisfies Record<string, keyof TodoRow>

type Order = keyof typeof orders
/** An order, with `-` the other way round. */
export type Sort = Order | `-${Order}`
export const sorts = (Object.keys(orders) as Order[]).flatMap((order): Sort[] => [order, `-${order}`])

export interface ListQuery extends Filter {
  readonly limit: number
  readonly cursor?: string
  readonly sort?: Sort
  /** Whether to count all that the filter lets through, which takes as long as there are many. */
  readonly count?: boolean
}

export interface TodoPage extends Page<Todo> {
  /** How many there are on all pages. */
  readonly total?: number
}

interface Shape extends FilterShape {
  readonly sort: Sort
  readonly isFirst: boolean
}

const page = shapesOf('todos_page', (engine, shape: Shape) => {
  const { todos } = engine.tables
  const [column, direction, isBeyond] = orderOf(engine.tables, shape.sort)
  const point = sql`(${given(column, 'key')}, ${given(todos.id, 'id')})`
  const isOnPage = shape.isFirst ? undefined : sql`(${column}, ${todos.id}) ${isBeyond} ${point}`
  return engine.db
    .select()
    .from(todos)
    .where(and(conditionOf(engine, shape), isOnPage))
    .orderBy(direction(column), direction(todos.id))
    .limit(sql.placeholder('limit'))
})

const all = shapesOf('todos_total', (engine, shape: FilterShape) =>
  engine.db.select({ total: count() }).from(engine.tables.todos).where(conditionOf(engine, shape))
)

/**
 * A page of a user's todos, in an order that is total: by a key, then by id. It costs the same at any depth.
 * @throws {Problem} `validation_failed` when the cursor belongs to another list
 */
export async function listTodos(store: Store, userId: string, query: ListQuery): Promise<TodoPage> {
  const { limit, cursor, sort = 'position', count: isCounted = false, ...filter } = query
  const list = [sort, Object.entries(filter).sort()]
  const point = cursor === undefined ? undefined : pointAt(cursor, list, isKeyOf(sort))
  const { shape, values } = await prepareFilter(store, userId, filter)
  const statement = page(store, { ...shape, sort, isFirst: point === undefined })
  const place = { ...values, ...(point && placeOf(sort, point)), limit: limit + 1 }
  const { rows, total } = await sweepsOf(store).reading(userId, async () => ({
    rows: await (isIndexed(shape) ? statement.execute(place) : statement.executeLong(place)),
    total: isCounted ? await countBy(store, shape, values) : undefined
  }))
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return {
    items: rows.slice(0, limit).map(todoOf),
    nextCursor: last ? cursorAt({ id: last.id, key: keyOf(last, sort) }, list) : null,
    ...(total !== undefined && { total })
  }
}

/** How many of a user's todos a filter lets through. */
export async function countTodos(store: Store, userId: string, filter: Filter): Promise<number> {
  const { shape, values } = await prepareFilter(store, userId, filter)
  return sweepsOf(store).reading(userId, () => countBy(store, shape, values))
}

async function countBy(store: Store, shape: FilterShape, values: LongValues): Promise<number> {
  const [row] = await all(store, shape).executeLong(values)
  return Number(row?.total)
}

/** Whether an index gives the todos in their order, and no other ones in between. */
const isIndexed = ({ compared, isSearch, isTrash }: FilterShape): boolean =>
  compared.length === 0 && !isSearch && !isTrash

/** The column that an order is by. */
export const columnOf = (sort: Sort) => orders[sort.replace('-', '') as Order]

function orderOf({ todos }: Tables, sort: Sort): [PgColumn, typeof asc, SQL] {
  const column: PgColumn = todos[columnOf(sort)]
  return sort.startsWith('-') ? [column, desc, sql`<`] : [column, asc, sql`>`]
}

/** Whether something out of a cursor can be a key: what it is not, the databases would fail at. */
const isKeyOf = (sort: Sort) => {
  if (sort.endsWith('At')) return isTimestamp
  if (sort.endsWith('priority')) return (key: unknown) => typeof key === 'number' && key in priorities
  return (key: unknown) => typeof key === 'string' && key.isWellFormed() && !key.includes('\0')
}

/** The key of a row, as it goes into a cursor: instants in milliseconds. */
const keyOf = (row: TodoRow, sort: Sort): string | number => {
  const key = row[columnOf(sort)]
  return key instanceof Date ? key.getTime() : key
}

const placeOf = (sort: Sort, { key, id }: Point) => ({ id, key: sort.endsWith('At') ? new Date(key) : key })
