import { and, eq, gt, or, sql } from 'drizzle-orm'
import { param, paramRow, prepareStatements } from '../../db/statements.ts'
import { authTables } from '../tables.ts'

/** The statements of the throttle. A count updates the row only if nobody has changed the row since it was read. */
export const throttleStatements = prepareStatements(
  'throttles',
  authTables,
  (db, { throttles, sessions, users }) => {
    const { id, failures, blockedUntil, updatedAt } = throttles
    const matchesId = eq(id, param(id, 'id'))
    return {
      find: db.select().from(throttles).where(matchesId),
      insert: db.insert(throttles).values(paramRow(throttles)).onConflictDoNothing().returning({ id }),
      updateIfUnchanged: db
        .update(throttles)
        .set({
          failures: param(failures, 'failures'),
          blockedUntil: param(blockedUntil, 'blockedUntil'),
          updatedAt: param(updatedAt, 'updatedAt')
        })
        .where(
          and(
            matchesId,
            eq(failures, param(failures, 'seenFailures')),
            eq(updatedAt, param(updatedAt, 'seenAt'))
          )
        )
        .returning({ id }),
      decrementFailures: db
        .update(throttles)
        .set({ failures: sql`${failures} - 1`, blockedUntil: param(blockedUntil, 'blockedUntil') })
        .where(and(matchesId, gt(failures, 0))),
      /** Writes without a change. */
      touch: db
        .update(throttles)
        .set({ failures: sql`${failures}` })
        .where(matchesId),
      deleteFailures: db.delete(throttles).where(or(eq(id, param(id, 'pair')), eq(id, param(id, 'account')))),
      listSessionIps: db
        .select({ ip: sessions.ip })
        .from(sessions)
        .innerJoin(users, eq(users.id, sessions.userId))
        .where(eq(users.emailKey, param(users.emailKey, 'emailKey')))
        .groupBy(sessions.ip)
    }
  }
)
