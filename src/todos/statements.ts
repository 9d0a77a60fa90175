import { and, asc, desc, eq, gte, isNull, type SQL, sql } from 'drizzle-orm'
import { isIdParam } from '../db/read-batches.ts'
import { param, paramRow, prepareShapes, prepareStatements } from '../db/statements.ts'
import { prepareChangeShapes } from '../sync/sequence.ts'
import { type TodoRow, todoTables } from './tables.ts'
import { INBOX_ROW, NO_HISTORY } from './todo.ts'

type Todos = ReturnType<typeof todoTables>['todos']

const belongsToUser = ({ userId }: Todos) => eq(userId, param(userId, 'userId'))
const isThisTodo = (todos: Todos) => and(belongsToUser(todos), eq(todos.id, param(todos.id, 'id')))
/** Unchanged since it was read: of several writes that begin with the same state, one takes effect. */
const isUnchanged = (todos: Todos) =>
  and(isThisTodo(todos), eq(todos.revision, param(todos.revision, 'expected')))
const isLive = (todos: Todos) => and(belongsToUser(todos), isNull(todos.deletedAt))

/**
 * The time of a change of several todos, as in `nextUpdateTime`; `now` is a parameter. The engines have no common function for
 * the greatest of several values.
 */
export function toChangeTime(todos: Todos): SQL<Date> {
  const now = param(todos.updatedAt, 'now')
  const lastChange = sql`case when ${todos.createdAt} > ${todos.updatedAt} then ${todos.createdAt} else ${todos.updatedAt} end`
  return sql`case when ${lastChange} > ${now} then ${lastChange} else ${now} end`
}

/** Todos that are ordered together: the roots of a list, or the children of a todo. */
export type Siblings = 'roots' | 'children'

/** The siblings of a todo that are not in the trash. Each kind has an index. */
export const areSiblings = (todos: Todos, siblings: Siblings) => {
  if (siblings === 'children')
    return and(
      isLive(todos),
      eq(todos.parentId, param(todos.parentId, 'parentId')),
      sql`${todos.parentId} <> ''`
    )
  return and(isLive(todos), eq(todos.listId, param(todos.listId, 'listId')), sql`${todos.parentId} = ''`)
}

/** How a todo is inserted. */
interface InsertShape {
  /** Below all of its siblings, of either kind, or anywhere. */
  readonly where: Siblings | 'anywhere'
  /** Whether it has nothing but its own content, as nearly all have: then the statement takes half as many values. */
  readonly isStandalone: boolean
}

/** Inserts a todo. Where it would not be below its siblings, the row gets the id of another todo, a conflict that inserts nothing. */
export const insertTodo = prepareChangeShapes(
  'todos_insert',
  ({ kit }, { where, isStandalone }: InsertShape, db, changeNumber) => {
    const { todos } = todoTables(kit)
    const { seq: _seq, ...params } = paramRow(todos)
    const lastAtOrBelow = db
      .select({ id: todos.id })
      .from(todos)
      .where(
        where === 'anywhere'
          ? sql`1 = 0`
          : and(areSiblings(todos, where), gte(todos.position, param(todos.position, 'position')))
      )
      .orderBy(desc(todos.position))
      .limit(1)
    return db
      .insert(todos)
      .values({
        ...params,
        ...(isStandalone && STANDALONE_SQL),
        changeNumber,
        ...(where !== 'anywhere' && {
          id: sql`coalesce(${sql`(${lastAtOrBelow})`}, ${param(todos.id, 'id')})`
        })
      })
      .onConflictDoNothing()
      .returning({ id: todos.id })
  }
)

const STANDALONE = { ...INBOX_ROW, ...NO_HISTORY, repeat: null } satisfies Partial<TodoRow>
const STANDALONE_ENTRIES = Object.entries(STANDALONE) as [keyof typeof STANDALONE, unknown][]
const toLiteral = (value: unknown) => sql.raw(typeof value === 'string' ? `'${value}'` : String(value))
const STANDALONE_SQL = Object.fromEntries(STANDALONE_ENTRIES.map(([name, value]) => [name, toLiteral(value)]))

/** Whether a row has nothing but the content of a todo. */
export const isStandalone = (row: TodoRow): boolean =>
  STANDALONE_ENTRIES.every(([name, value]) => row[name] === value)

/** Sets some columns of a todo. Only the indexes of those change, on SQLite at least. */
export const updateTodo = prepareChangeShapes(
  'todos_update',
  ({ kit }, names: readonly (keyof TodoRow)[], db, changeNumber) => {
    const { todos } = todoTables(kit)
    const columns = Object.fromEntries(names.map(name => [name, param(todos[name], name)]))
    return db
      .update(todos)
      .set({ ...columns, changeNumber })
      .where(isUnchanged(todos))
      .returning({ id: todos.id })
  }
)

/** What reads a user's todos one by one, and deletes them for good. */
export const todoStatements = prepareStatements('todos', todoTables, (db, { todos, lists }) => {
  /** The lists that are in the trash, though their todos may not be there yet. */
  const deletedLists = db
    .select({ id: lists.id })
    .from(lists)
    .where(
      and(
        eq(lists.userId, param(lists.userId, 'userId')),
        sql`${lists.transition} is not null and ${lists.deletedAt} is not null`
      )
    )
  return {
    find: db.select().from(todos).where(isThisTodo(todos)),
    /** A todo that is neither in the trash nor in a list that is. */
    findListed: db
      .select()
      .from(todos)
      .where(
        and(
          isThisTodo(todos),
          isNull(todos.deletedAt),
          sql`(${todos.listId} = '' or ${todos.listId} not in ${deletedLists})`
        )
      ),
    findMany: db
      .select()
      .from(todos)
      .where(and(belongsToUser(todos), isIdParam(todos.id))),
    /** All todos of a tree but the one at its top. */
    findTree: db
      .select()
      .from(todos)
      .where(
        and(belongsToUser(todos), eq(todos.rootId, param(todos.rootId, 'rootId')), sql`${todos.rootId} <> ''`)
      )
      .orderBy(asc(todos.id)),
    deleteRow: db.delete(todos).where(isUnchanged(todos)).returning({ id: todos.id })
  }
})

/** What a search for neighbours is for: the positions above or below a place, or whole rows that make room. */
interface NeighbourShape {
  readonly siblings: Siblings
  readonly side: 'above' | 'below'
}

/** The todos on one side of a place, nearest first. */
export const findNeighbours = prepareShapes(
  'todos_neighbours',
  ({ db, kit }, { siblings, side }: NeighbourShape) => {
    const { todos } = todoTables(kit)
    const operator = side === 'above' ? sql`<` : sql`>`
    const direction = side === 'above' ? desc : asc
    return db
      .select()
      .from(todos)
      .where(
        and(
          areSiblings(todos, siblings),
          sql`(${todos.position}, ${todos.id}) ${operator} (${param(todos.position, 'position')}, ${param(todos.id, 'id')})`
        )
      )
      .orderBy(direction(todos.position), direction(todos.id))
      .limit(sql.placeholder('limit'))
  }
)
