import { and, asc, eq, isNotNull, isNull, lt, ne, notExists, or, type SQL, sql } from 'drizzle-orm'
import type { Queries } from '../../../db/engine.ts'
import { param, prepareShapes, prepareStatements } from '../../../db/statements.ts'
import { prepareChanges } from '../../../sync/sequence.ts'
import { toChangeTime } from '../../statements.ts'
import { todoTables } from '../../tables.ts'
import { findTopmostAncestor } from '../../tree/topmost-ancestor.ts'

type Tables = ReturnType<typeof todoTables>
type Lists = Tables['lists']
type Todos = Tables['todos']

/**
 * Todos of a list: those that are not in the trash, in the order in which they were made; those that went there with the list, or
 * those that are there without it, in the order of their ids. No order ever changes, and an index has each.
 */
export type Selection = 'live' | 'carried' | 'separate'

/** The todos of a selection. */
const isSelected = (todos: Todos, selection: Selection) => {
  const belongsToUser = eq(todos.userId, param(todos.userId, 'userId'))
  if (selection === 'carried')
    return and(
      belongsToUser,
      eq(todos.deletedWith, param(todos.deletedWith, 'listId')),
      sql`${todos.deletedWith} <> ''`
    )
  return and(
    belongsToUser,
    eq(todos.listId, param(todos.listId, 'listId')),
    // As the indexes have it.
    sql`${todos.listId} <> ''`,
    selection === 'live'
      ? isNull(todos.deletedAt)
      : and(isNotNull(todos.deletedAt), sql`${todos.deletedWith} <> ${todos.listId}`)
  )
}

/** The key by which a selection is ordered. */
const toKey = (todos: Todos, selection: Selection): SQL =>
  selection === 'live' ? sql`(${todos.createdAt}, ${todos.id})` : sql`(${todos.id})`

const toKeyParam = (todos: Todos, selection: Selection, end: 'from' | 'to'): SQL =>
  selection === 'live'
    ? sql`(${param(todos.createdAt, `${end}CreatedAt`)}, ${param(todos.id, `${end}Id`)})`
    : sql`(${param(todos.id, `${end}Id`)})`

const isAfter = (todos: Todos, selection: Selection) =>
  and(isSelected(todos, selection), sql`${toKey(todos, selection)} > ${toKeyParam(todos, selection, 'from')}`)

/** The todos after `from`, up to and including `to`. */
const isInSlice = (todos: Todos, selection: Selection) =>
  and(isAfter(todos, selection), sql`${toKey(todos, selection)} <= ${toKeyParam(todos, selection, 'to')}`)

const hasNone = (db: Queries, todos: Todos, selection: Selection) =>
  notExists(db.select({ id: todos.id }).from(todos).where(isSelected(todos, selection)))

const isThisList = (lists: Lists) =>
  and(eq(lists.userId, param(lists.userId, 'userId')), eq(lists.id, param(lists.id, 'listId')))

/** The list as it was when the transition was found: neither another one began since, nor the same one anew. */
const isInTransition = (lists: Lists) =>
  and(
    isThisList(lists),
    eq(lists.transition, param(lists.transition, 'transition')),
    sql`coalesce(${lists.deletedAt}, ${lists.createdAt}) = ${param(lists.createdAt, 'deletedOrCreatedAt')}`,
    sql`coalesce(${lists.archivedAt}, ${lists.createdAt}) = ${param(lists.createdAt, 'archivedOrCreatedAt')}`
  )

/** The next todos of a selection. */
export const selectSlice = prepareShapes('lists_slice', ({ db, kit }, selection: Selection) => {
  const { todos } = todoTables(kit)
  const { id, createdAt, revision, completionCount } = todos
  return db
    .select({ id, createdAt, revision, completionCount })
    .from(todos)
    .where(isAfter(todos, selection))
    .orderBy(...(selection === 'live' ? [asc(createdAt), asc(id)] : [asc(id)]))
    .limit(sql.placeholder('limit'))
})

/** What a transition changes for everybody to see. */
export const transitionChanges = prepareChanges(
  'lists_transition',
  todoTables,
  (db, tables, changeNumber) => {
    const { lists, todos } = tables
    const rootId = findTopmostAncestor(tables, sql`1 = 1`)
    const parentId = sql`(select parent.id from todos as parent
      where parent.user_id = ${param(todos.userId, 'userId')} and parent.id = ${todos.parentId})`
    const stamp = {
      changeNumber,
      updatedAt: toChangeTime(todos),
      revision: param(todos.revision, 'revision')
    }
    const isDone = { transition: null, changeNumber, revision: param(lists.revision, 'revision') }
    return {
      deleteSlice: db
        .update(todos)
        .set({
          ...stamp,
          deletedAt: param(todos.deletedAt, 'deletedAt'),
          deletedWith: param(todos.deletedWith, 'listId'),
          isArchived: param(todos.isArchived, 'isArchived')
        })
        .where(isInSlice(todos, 'live'))
        .returning({ id: todos.id }),
      restoreSlice: db
        .update(todos)
        .set({ ...stamp, deletedAt: null, deletedWith: '' })
        .where(isInSlice(todos, 'carried'))
        .returning({ id: todos.id }),
      /** Puts what stays in the trash into the inbox, without what is gone with the list above it. */
      partSlice: db
        .update(todos)
        .set({
          listId: '',
          isArchived: false,
          parentId: sql`coalesce(${parentId}, '')`,
          rootId: sql`coalesce(${rootId}, '')`,
          changeNumber,
          revision: param(todos.revision, 'revision')
        })
        .where(isInSlice(todos, 'separate'))
        .returning({ id: todos.id }),
      restore: db
        .update(lists)
        .set({ ...isDone, deletedAt: null, updatedAt: param(lists.updatedAt, 'now') })
        .where(and(isInTransition(lists), hasNone(db, todos, 'carried')))
        .returning({ id: lists.id }),
      unarchive: db
        .update(lists)
        .set({ ...isDone, archivedAt: null })
        .where(isInTransition(lists))
        .returning({ id: lists.id })
    }
  }
)

/** What nobody sees of a transition, and so is no change: a list's state says the same before its todos follow. */
export const transitionStatements = prepareStatements(
  'lists_transition',
  todoTables,
  (db, { lists, todos }) => ({
    findChanging: db
      .select()
      .from(lists)
      .where(and(eq(lists.userId, param(lists.userId, 'userId')), isNotNull(lists.transition)))
      .limit(1),
    findUsers: db
      .select({ userId: lists.userId })
      .from(lists)
      .where(isNotNull(lists.transition))
      .groupBy(lists.userId),
    /** Nothing when the transition is over, or another one has begun. */
    assertInTransition: db.select({ id: lists.id }).from(lists).where(isInTransition(lists)),
    archiveSlice: db
      .update(todos)
      .set({ isArchived: param(todos.isArchived, 'isArchived') })
      .where(and(isInSlice(todos, 'live'), ne(todos.isArchived, param(todos.isArchived, 'isArchived'))))
      .returning({ id: todos.id }),
    finishArchiving: db
      .update(lists)
      .set({ transition: null })
      .where(isInTransition(lists))
      .returning({ id: lists.id }),
    finishDeleting: db
      .update(lists)
      .set({ transition: null })
      .where(and(isInTransition(lists), hasNone(db, todos, 'live')))
      .returning({ id: lists.id }),
    // No todo gets into the trash without the list once the others are gone.
    purge: db
      .delete(lists)
      .where(and(isInTransition(lists), hasNone(db, todos, 'live'), hasNone(db, todos, 'carried')))
      .returning({ id: lists.id }),
    /** Of the lists in the trash, those that nobody is restoring, and that are not gone yet. */
    findOldest: db
      .select({ userId: lists.userId, id: lists.id, revision: lists.revision })
      .from(lists)
      .where(
        and(
          isNotNull(lists.deletedAt),
          lt(lists.deletedAt, param(lists.deletedAt, 'before')),
          or(isNull(lists.transition), eq(lists.transition, 'deleting'))
        )
      )
      .orderBy(asc(lists.deletedAt))
      .limit(sql.placeholder('size'))
  })
)
