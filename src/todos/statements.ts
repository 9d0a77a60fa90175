import { and, asc, desc, eq, gte, isNull, type SQL, sql } from 'drizzle-orm'
import { isIdParam } from '../db/read-batches.ts'
import { param, paramRow, prepareStatements } from '../db/statements.ts'
import { prepareChanges } from '../sync/sequence.ts'
import { todoTables } from './tables.ts'

type Todos = ReturnType<typeof todoTables>['todos']

const belongsToUser = ({ userId }: Todos) => eq(userId, param(userId, 'userId'))
const isThisTodo = (todos: Todos) => and(belongsToUser(todos), eq(todos.id, param(todos.id, 'id')))
/** Unchanged since it was read: of several writes that begin with the same state, one takes effect. */
const isUnchanged = (todos: Todos) =>
  and(isThisTodo(todos), eq(todos.revision, param(todos.revision, 'expected')))
const isListed = (todos: Todos) => and(belongsToUser(todos), isNull(todos.deletedAt))

/**
 * The time of a change of several todos, as in `nextUpdateTime`; `now` is a parameter. The engines have no common function for
 * the greatest of several values.
 */
export function toChangeTime(todos: Todos): SQL<Date> {
  const now = param(todos.updatedAt, 'now')
  const lastChange = sql`case when ${todos.createdAt} > ${todos.updatedAt} then ${todos.createdAt} else ${todos.updatedAt} end`
  return sql`case when ${lastChange} > ${now} then ${lastChange} else ${now} end`
}

/** What changes a user's todos one by one. The owner is part of every condition. */
export const todoChanges = prepareChanges('todos', todoTables, (db, { todos }, changeNumber) => {
  const { seq: _seq, ...params } = paramRow(todos)
  const row = { ...params, changeNumber }
  const moveColumns = {
    changeNumber,
    position: param(todos.position, 'position'),
    revision: param(todos.revision, 'revision')
  }
  const contentColumns = {
    title: param(todos.title, 'title'),
    description: param(todos.description, 'description'),
    done: param(todos.done, 'done'),
    due: param(todos.due, 'due'),
    priority: param(todos.priority, 'priority'),
    tags: param(todos.tags, 'tags'),
    updatedAt: param(todos.updatedAt, 'updatedAt'),
    completedAt: param(todos.completedAt, 'completedAt'),
    deletedAt: param(todos.deletedAt, 'deletedAt'),
    titleKey: param(todos.titleKey, 'titleKey'),
    dueKey: param(todos.dueKey, 'dueKey'),
    terms: param(todos.terms, 'terms')
  }
  const lastAtOrBelow = db
    .select({ id: todos.id })
    .from(todos)
    .where(and(isListed(todos), gte(todos.position, param(todos.position, 'position'))))
    .orderBy(desc(todos.position))
    .limit(1)

  return {
    insert: db.insert(todos).values(row).onConflictDoNothing().returning({ id: todos.id }),
    /** Inserts only below all listed todos. Otherwise the row gets the id of an existing todo, a conflict that inserts nothing. */
    insertAtBottom: db
      .insert(todos)
      .values({ ...row, id: sql`coalesce(${sql`(${lastAtOrBelow})`}, ${param(todos.id, 'id')})` })
      .onConflictDoNothing()
      .returning({ id: todos.id }),
    update: db
      .update(todos)
      .set({ ...contentColumns, ...moveColumns })
      .where(isUnchanged(todos))
      .returning({ id: todos.id }),
    move: db.update(todos).set(moveColumns).where(isUnchanged(todos)).returning({ id: todos.id })
  }
})

/** What reads a user's todos one by one, and deletes them for good. */
export const todoStatements = prepareStatements('todos', todoTables, (db, { todos }) => {
  const selectPositions = () => db.select({ id: todos.id, position: todos.position }).from(todos)
  const limit = sql.placeholder('limit')
  const listPosition = sql`(${todos.position}, ${todos.id})`
  const paramPosition = sql`(${param(todos.position, 'position')}, ${param(todos.id, 'id')})`
  const isBelow = and(isListed(todos), sql`${listPosition} > ${paramPosition}`)
  const fromTop = [asc(todos.position), asc(todos.id)]
  return {
    find: db.select().from(todos).where(isThisTodo(todos)),
    findMany: db
      .select()
      .from(todos)
      .where(and(belongsToUser(todos), isIdParam(todos.id))),
    deleteRow: db.delete(todos).where(isUnchanged(todos)).returning({ id: todos.id }),
    findAbove: selectPositions()
      .where(and(isListed(todos), sql`${listPosition} < ${paramPosition}`))
      .orderBy(desc(todos.position), desc(todos.id))
      .limit(limit),
    findBelow: selectPositions()
      .where(isBelow)
      .orderBy(...fromTop)
      .limit(limit),
    /** Whole rows, for todos that make room for another one. */
    findRowsBelow: db
      .select()
      .from(todos)
      .where(isBelow)
      .orderBy(...fromTop)
      .limit(limit)
  }
})
