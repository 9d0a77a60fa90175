import { and, eq, inArray, isNull, ne, or, type SQL, sql } from 'drizzle-orm'
import { mustAffectRow } from '../../../db/bound-statement.ts'
import type { Engine } from '../../../db/engine.ts'
import { param } from '../../../db/statements.ts'
import type { Store } from '../../../db/store.ts'
import { prepareChangeShapes, prepareChanges } from '../../../sync/sequence.ts'
import { listStatements } from '../../lists/statements.ts'
import { archivesTodos } from '../../lists/transitions/state.ts'
import { type FilterShape, isOutsideList, prepareFilter, toCondition } from '../../query/filter.ts'
import { todoSearch } from '../../query/search.ts'
import { toChangeTime } from '../../statements.ts'
import { type TodoTables, todoTables } from '../../tables.ts'
import { findTopmostAncestor } from '../../tree/topmost-ancestor.ts'
import { type BulkUpdateRun, countRows, type IdRange, type Pass } from '../passes/pass.ts'
import { countInLists, listCounts } from './list-counts.ts'
import { isInTreeRange, recountChildren, toTreePass } from './subtasks.ts'
import { isInRange, type ListMove } from './update-range.ts'

/*
 * What goes to the list has the revision of the update: first the todos that pass the filter, then their subtasks. The topmost
 * of them in each tree leaves its parent, as it does when it is moved by itself, and keeps those that are below it.
 */

/** The list into which the todos go, and whether it archives them. */
const toTargetColumns = ({ todos }: TodoTables) => ({
  listId: param(todos.listId, 'targetListId'),
  isArchived: param(todos.isArchived, 'isArchived')
})

const isLeaving = (engine: Engine, shape: FilterShape): SQL | undefined => {
  const tables = todoTables(engine.kit)
  return and(
    toCondition(engine, shape, todoSearch(engine).unindexedCondition),
    isOutsideList(tables.todos),
    isInRange(tables)
  )
}

const countLeaving = prepareChangeShapes(
  'todos_bulk_list_leave',
  (engine, shape: FilterShape, db, changeNumber) => {
    const tables = todoTables(engine.kit)
    const isCounted = and(isLeaving(engine, shape), eq(tables.todos.done, false))
    return countInLists(db, tables, changeNumber, -1, isCounted)
  }
)

const moveSelected = prepareChangeShapes(
  'todos_bulk_list_move',
  (engine, shape: FilterShape, db, changeNumber) => {
    const tables = todoTables(engine.kit)
    const { todos } = tables
    const revision = param(todos.revision, 'revision')
    return db
      .update(todos)
      .set({ ...toTargetColumns(tables), updatedAt: toChangeTime(todos), revision, changeNumber })
      .where(isLeaving(engine, shape))
      .returning({ id: todos.id })
  }
)

const statements = prepareChanges('bulk_list_move', todoTables, (db, tables, changeNumber) => {
  const { todos } = tables
  const revision = param(todos.revision, 'revision')
  const isMoved = eq(todos.revision, revision)
  const movedAncestor = findTopmostAncestor(tables, sql`ancestor.revision = ${revision}`)
  const isCarried = and(
    isInTreeRange(tables),
    ne(todos.revision, revision),
    sql`${movedAncestor} is not null`
  )
  const isDetached = and(
    isInTreeRange(tables),
    isMoved,
    sql`${todos.parentId} <> '' and ${movedAncestor} is null`
  )
  const countsInList = or(isNull(todos.deletedAt), eq(todos.deletedWith, todos.listId))
  const movedRoots = db
    .select({ rootId: todos.rootId })
    .from(todos)
    .where(and(isInRange(tables), isMoved, sql`${todos.rootId} <> ''`))
  return {
    /** Gives the todo at the top another revision, as whatever changes the shape of a tree does. */
    touchRoots: db
      .update(todos)
      .set({ revision: param(todos.revision, 'otherRevision'), changeNumber })
      .where(
        and(
          eq(todos.userId, param(todos.userId, 'userId')),
          inArray(todos.id, movedRoots),
          ne(todos.revision, revision)
        )
      )
      .returning({ id: todos.id }),
    countCarried: countInLists(
      db,
      tables,
      changeNumber,
      -1,
      and(isCarried, eq(todos.done, false), countsInList)
    ),
    /** Takes along what is below moved todos, in the trash or not. */
    carry: db
      .update(todos)
      .set({ ...toTargetColumns(tables), revision, changeNumber })
      .where(isCarried)
      .returning({ id: todos.id }),
    /** Takes those off the counts of their parents that are about to leave them. */
    uncount: recountChildren(db, tables, changeNumber, {
      isChild: isDetached,
      isLeaving: sql`child.revision = ${revision}`
    }),
    detach: db
      .update(todos)
      .set({ parentId: '', rootId: '', revision, changeNumber })
      .where(isDetached)
      .returning({ id: todos.id }),
    /** The topmost moved todo is the root of those below it. */
    follow: db
      .update(todos)
      .set({ rootId: movedAncestor, revision, changeNumber })
      .where(and(isInTreeRange(tables), isMoved, sql`${movedAncestor} <> ${todos.rootId}`))
      .returning({ id: todos.id })
  }
})

/** A pass that does nothing. */
const NOTHING: Pass = { prepareRange: async () => [], findSliceEnd: async () => undefined }

/**
 * Prepares the passes that move the todos which pass a filter into a list, with their subtasks. They do nothing when the list is
 * not there: it may have been deleted since the request began.
 */
export async function prepareListMove(
  store: Store,
  { filter, listId }: ListMove,
  { userId, revision, startedAt: now }: BulkUpdateRun
): Promise<readonly Pass[]> {
  const { find, findAsEntered } = listStatements(store)
  const [list] = listId === null ? [] : await find.execute({ userId, id: listId })
  if (listId !== null && (!list || list.deletedAt)) return [NOTHING]
  const isArchived = list !== undefined && archivesTodos(list)
  const { shape, params } = await prepareFilter(store, userId, filter, now)
  const { touchRoots, countCarried, carry, uncount, detach, follow } = statements(store)
  const { countEntering } = listCounts(store)
  const toParams = (range: IdRange) => ({
    ...params,
    ...range,
    ...{ revision, now, targetListId: listId ?? '', isArchived },
    ...{ otherRevision: store.newId(), listRevision: store.newId() }
  })
  return [
    {
      async prepareRange(range) {
        const rangeParams = toParams(range)
        return [
          ...(list ? [mustAffectRow(findAsEntered.bind({ userId, id: list.id, isArchived }))] : []),
          countLeaving(store, shape).bind(rangeParams),
          countRows(moveSelected(store, shape).bind(rangeParams)),
          countEntering.bind(rangeParams),
          touchRoots.bind(rangeParams)
        ]
      }
    },
    toTreePass(store, userId, async range =>
      [countCarried, carry, countEntering].map(({ bind }) => bind(toParams(range)))
    ),
    toTreePass(store, userId, async range =>
      [uncount, detach, follow].map(({ bind }) => bind({ ...toParams(range), parentRevision: store.newId() }))
    )
  ]
}
