import { and, asc, eq, gt, sql } from 'drizzle-orm'
import { param, paramRow, prepareStatements } from '../../../db/statements.ts'
import { todoTables } from '../../tables.ts'

/** What keeps the latest bulk update of a user that was done in slices, and finds its slices. */
export const bulkUpdateStatements = prepareStatements(
  'bulk_updates',
  todoTables,
  (db, { bulkUpdates, todos }) => {
    const belongsToUser = eq(bulkUpdates.userId, param(bulkUpdates.userId, 'userId'))
    const isThisUpdate = and(belongsToUser, eq(bulkUpdates.revision, param(bulkUpdates.revision, 'revision')))
    const returned = { revision: bulkUpdates.revision }
    return {
      find: db.select().from(bulkUpdates).where(belongsToUser),
      findState: db
        .select({ revision: bulkUpdates.revision, isDone: bulkUpdates.isDone })
        .from(bulkUpdates)
        .where(belongsToUser),
      findUnfinished: db
        .select({ userId: bulkUpdates.userId })
        .from(bulkUpdates)
        .where(eq(bulkUpdates.isDone, false)),
      start: db
        .insert(bulkUpdates)
        .values(paramRow(bulkUpdates))
        .onConflictDoUpdate({
          target: bulkUpdates.userId,
          set: {
            revision: param(bulkUpdates.revision, 'revision'),
            startedAt: param(bulkUpdates.startedAt, 'startedAt'),
            change: param(bulkUpdates.change, 'change'),
            requestId: param(bulkUpdates.requestId, 'requestId'),
            cursor: param(bulkUpdates.cursor, 'cursor'),
            changed: param(bulkUpdates.changed, 'changed'),
            isDone: param(bulkUpdates.isDone, 'isDone')
          },
          setWhere: eq(bulkUpdates.isDone, true)
        })
        .returning(returned),
      /** Of several processes that run the same slice, one advances the cursor. */
      advance: db
        .update(bulkUpdates)
        .set({ cursor: param(bulkUpdates.cursor, 'to'), isDone: param(bulkUpdates.isDone, 'isDone') })
        .where(and(isThisUpdate, eq(bulkUpdates.cursor, param(bulkUpdates.cursor, 'from'))))
        .returning(returned),
      addChanged: db
        .update(bulkUpdates)
        .set({ changed: sql`${bulkUpdates.changed} + ${param(bulkUpdates.changed, 'changed')}` })
        .where(isThisUpdate)
        .returning(returned),
      /** The last todo of a slice; no row when fewer todos are left. */
      findSliceEnd: db
        .select({ id: todos.id })
        .from(todos)
        .where(and(eq(todos.userId, param(todos.userId, 'userId')), gt(todos.id, param(todos.id, 'from'))))
        .orderBy(asc(todos.id))
        .limit(1)
        .offset(sql.placeholder('offset'))
    }
  }
)
