import { and, asc, desc, eq, gte, isNull, sql } from 'drizzle-orm'
import { isGivenId } from '../db/read-batches.ts'
import { given, givenRow, statementsOf } from '../db/statements.ts'

/** What is done to a user's todos one by one. The owner is part of every condition. */
export const statements = statementsOf('todos', (db, { todos }) => {
  const { seq: _given, ...row } = givenRow(todos)
  const moved = { position: given(todos.position, 'position'), revision: given(todos.revision, 'revision') }
  const content = {
    title: given(todos.title, 'title'),
    description: given(todos.description, 'description'),
    done: given(todos.done, 'done'),
    due: given(todos.due, 'due'),
    priority: given(todos.priority, 'priority'),
    tags: given(todos.tags, 'tags'),
    updatedAt: given(todos.updatedAt, 'updatedAt'),
    completedAt: given(todos.completedAt, 'completedAt'),
    deletedAt: given(todos.deletedAt, 'deletedAt'),
    titleKey: given(todos.titleKey, 'titleKey'),
    dueKey: given(todos.dueKey, 'dueKey'),
    terms: given(todos.terms, 'terms')
  }
  const isTheUsers = eq(todos.userId, given(todos.userId, 'userId'))
  const isTheOne = and(isTheUsers, eq(todos.id, given(todos.id, 'id')))
  /** As it was when it was read; so that of all writes that begin with the same state one takes effect. */
  const isAsRead = and(isTheOne, eq(todos.revision, given(todos.revision, 'expected')))

  const isListed = and(isTheUsers, isNull(todos.deletedAt))
  const neighbours = () => db.select({ id: todos.id, position: todos.position }).from(todos)
  const limit = sql.placeholder('limit')
  const place = sql`(${todos.position}, ${todos.id})`
  const point = sql`(${given(todos.position, 'position')}, ${given(todos.id, 'id')})`
  const lastAtOrBelow = db
    .select({ id: todos.id })
    .from(todos)
    .where(and(isListed, gte(todos.position, given(todos.position, 'position'))))
    .orderBy(desc(todos.position))
    .limit(1)

  return {
    add: db.insert(todos).values(row).onConflictDoNothing().returning({ id: todos.id }),
    /** Adds it if all that is listed is above it; if not, it has the id of one that is there, so it is not added. */
    addAtBottom: db
      .insert(todos)
      .values({ ...row, id: sql`coalesce(${sql`(${lastAtOrBelow})`}, ${given(todos.id, 'id')})` })
      .onConflictDoNothing()
      .returning({ id: todos.id }),
    find: db.select().from(todos).where(isTheOne),
    findSeveral: db
      .select()
      .from(todos)
      .where(and(isTheUsers, isGivenId(todos.id))),
    write: db
      .update(todos)
      .set({ ...content, ...moved })
      .where(isAsRead)
      .returning({ id: todos.id }),
    move: db.update(todos).set(moved).where(isAsRead).returning({ id: todos.id }),
    purge: db.delete(todos).where(isAsRead).returning({ id: todos.id }),
    above: neighbours()
      .where(and(isListed, sql`${place} < ${point}`))
      .orderBy(desc(todos.position), desc(todos.id))
      .limit(limit),
    below: neighbours()
      .where(and(isListed, sql`${place} > ${point}`))
      .orderBy(asc(todos.position), asc(todos.id))
      .limit(limit)
  }
})
