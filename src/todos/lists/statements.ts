import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import { param, prepareStatements } from '../../db/statements.ts'
import { prepareChanges } from '../../sync/sequence.ts'
import { todoTables } from '../tables.ts'

type Lists = ReturnType<typeof todoTables>['lists']

const belongsToUser = ({ userId }: Lists) => eq(userId, param(userId, 'userId'))
const isThisList = (lists: Lists) => and(belongsToUser(lists), eq(lists.id, param(lists.id, 'id')))

/** What todos change of their lists. */
export const listCountChanges = prepareChanges('lists_count', todoTables, (db, { lists }, changeNumber) => {
  const columns = {
    changeNumber,
    revision: param(lists.revision, 'revision'),
    openCount: sql`${lists.openCount} + ${param(lists.openCount, 'growth')}`
  }
  return {
    count: db.update(lists).set(columns).where(isThisList(lists)).returning({ id: lists.id }),
    /** The same for todos that come into the list: it must be as it was when they were made for it. */
    enter: db
      .update(lists)
      .set(columns)
      .where(
        and(
          isThisList(lists),
          isNull(lists.deletedAt),
          sql`(${lists.archivedAt} is not null) = ${param(lists.archivedAt, 'isArchived')}`
        )
      )
      .returning({ id: lists.id })
  }
})

/** What reads a user's lists one by one. */
export const listStatements = prepareStatements('lists', todoTables, (db, { lists }) => ({
  find: db.select().from(lists).where(isThisList(lists)),
  /** A list whose todos do not follow it yet, if there is one. */
  findChanging: db
    .select({ id: lists.id })
    .from(lists)
    .where(and(belongsToUser(lists), isNotNull(lists.transition)))
    .limit(1)
}))
