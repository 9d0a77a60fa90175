import { and, asc, eq, isNotNull, isNull, ne, notExists, or, type SQL, sql } from 'drizzle-orm'
import { param, paramRow, prepareShapes, prepareStatements } from '../../db/statements.ts'
import { prepareChangeShapes, prepareChanges } from '../../sync/sequence.ts'
import { MAX_LISTS } from '../limits.ts'
import { type ListRow, todoTables } from '../tables.ts'

type Tables = ReturnType<typeof todoTables>
type Lists = Tables['lists']

const belongsToUser = ({ userId }: Lists) => eq(userId, param(userId, 'userId'))
const isThisList = (lists: Lists) => and(belongsToUser(lists), eq(lists.id, param(lists.id, 'id')))
/** Unchanged since it was read: of several writes that begin with the same state, one takes effect. */
const isUnchanged = (lists: Lists) =>
  and(isThisList(lists), eq(lists.revision, param(lists.revision, 'expected')))
/** What is being deleted for good is gone, to everybody. */
const isThere = ({ transition }: Lists) => or(isNull(transition), ne(transition, 'purging'))

/** The list as it was when todos were made for it. */
const isAsEntered = ({ lists, todos }: Tables) =>
  and(
    isThisList(lists),
    isNull(lists.deletedAt),
    // As `archivesTodos` has it.
    sql`(${lists.archivedAt} is not null and coalesce(${lists.transition}, '') <> 'unarchiving') = ${param(todos.isArchived, 'isArchived')}`
  )

/** What todos change of their lists. */
export const listCountChanges = prepareChanges('lists_count', todoTables, (db, tables, changeNumber) => {
  const { lists } = tables
  const columns = {
    changeNumber,
    revision: param(lists.revision, 'revision'),
    openCount: sql`${lists.openCount} + ${param(lists.openCount, 'growth')}`
  }
  return {
    count: db.update(lists).set(columns).where(isThisList(lists)).returning({ id: lists.id }),
    /** The same for todos that come into the list: it must be as it was when they were made for it. */
    enter: db.update(lists).set(columns).where(isAsEntered(tables)).returning({ id: lists.id })
  }
})

/** What makes lists. */
export const listChanges = prepareChanges('lists', todoTables, (db, { lists }, changeNumber) => {
  const { seq: _seq, ...params } = paramRow(lists)
  const existing = db
    .select({ count: sql`count(*)` })
    .from(lists)
    .where(and(belongsToUser(lists), isThere(lists)))
  const first = db
    .select({ id: sql`min(${lists.id})` })
    .from(lists)
    .where(belongsToUser(lists))
  return {
    /** Inserts a list if there may be one more: otherwise the row gets the id of another one, which inserts nothing. */
    insert: db
      .insert(lists)
      .values({
        ...params,
        changeNumber,
        id: sql`case when ${sql`(${existing})`} < ${sql.raw(`${MAX_LISTS}`)} then ${param(lists.id, 'id')} else ${sql`(${first})`} end`
      })
      .onConflictDoNothing()
      .returning({ id: lists.id })
  }
})

/** Sets some columns of a list. */
export const updateList = prepareChangeShapes(
  'lists_update',
  ({ kit }, names: readonly (keyof ListRow)[], db, changeNumber) => {
    const { lists } = todoTables(kit)
    const columns = Object.fromEntries(names.map(name => [name, param(lists[name], name)]))
    return db
      .update(lists)
      .set({ ...columns, changeNumber })
      .where(isUnchanged(lists))
      .returning({ id: lists.id })
  }
)

/** What reads a user's lists one by one. */
export const listStatements = prepareStatements('lists', todoTables, (db, tables) => {
  const { lists, bulkUpdates } = tables
  const unfinishedUpdate = db
    .select({ userId: bulkUpdates.userId })
    .from(bulkUpdates)
    .where(and(eq(bulkUpdates.userId, param(bulkUpdates.userId, 'userId')), eq(bulkUpdates.isDone, false)))
  return {
    find: db.select().from(lists).where(isThisList(lists)),
    /** The list if todos may come into it as they were made for it. */
    findAsEntered: db.select({ id: lists.id }).from(lists).where(isAsEntered(tables)),
    /** The list while no bulk update of its user's todos is under way. */
    findWithoutUpdate: db
      .select({ id: lists.id })
      .from(lists)
      .where(and(isThisList(lists), notExists(unfinishedUpdate))),
    /** All that are in order: those in the trash are not. */
    findOrdered: db
      .select({ id: lists.id, position: lists.position, revision: lists.revision })
      .from(lists)
      .where(and(belongsToUser(lists), isNull(lists.deletedAt)))
      .orderBy(asc(lists.position), asc(lists.id))
  }
})

/** Which lists a page shows. */
export interface ListFilterShape {
  readonly isTrash: boolean
  readonly isArchived: boolean | undefined
}

/** A page of a user's lists, in their order. There are few of them, so no index has the order. */
export const selectListPage = prepareShapes('lists_page', ({ db, kit }, shape: ListFilterShape) => {
  const { lists } = todoTables(kit)
  return db
    .select()
    .from(lists)
    .where(
      and(
        belongsToUser(lists),
        toFilterCondition(lists, shape),
        sql`(${lists.position}, ${lists.id}) > (${param(lists.position, 'position')}, ${param(lists.id, 'id')})`
      )
    )
    .orderBy(asc(lists.position), asc(lists.id))
    .limit(sql.placeholder('limit'))
})

const toFilterCondition = (lists: Lists, { isTrash, isArchived }: ListFilterShape): SQL | undefined =>
  and(
    isTrash ? and(isNotNull(lists.deletedAt), isThere(lists)) : isNull(lists.deletedAt),
    isArchived === undefined ? undefined : isArchived ? isNotNull(lists.archivedAt) : isNull(lists.archivedAt)
  )
