import { and, eq, gt, or, sql } from 'drizzle-orm'
import { given, givenRow, statementsOf } from '../db/statements.ts'

/** Each write is one statement. Counting changes the row that was seen, or none. */
export const throttleStatements = statementsOf('throttles', (db, { throttles, sessions, users }) => {
  const { id, failures, blockedUntil, updatedAt } = throttles
  const isTheOne = eq(id, given(id, 'id'))
  return {
    find: db.select().from(throttles).where(isTheOne),
    add: db.insert(throttles).values(givenRow(throttles)).onConflictDoNothing().returning({ id }),
    change: db
      .update(throttles)
      .set({
        failures: given(failures, 'failures'),
        blockedUntil: given(blockedUntil, 'blockedUntil'),
        updatedAt: given(updatedAt, 'updatedAt')
      })
      .where(
        and(
          isTheOne,
          eq(failures, given(failures, 'seenFailures')),
          eq(updatedAt, given(updatedAt, 'seenAt'))
        )
      )
      .returning({ id }),
    takeBack: db
      .update(throttles)
      .set({ failures: sql`${failures} - 1`, blockedUntil: given(blockedUntil, 'blockedUntil') })
      .where(and(isTheOne, gt(failures, 0))),
    touch: db
      .update(throttles)
      .set({ failures: sql`${failures}` })
      .where(isTheOne),
    clear: db.delete(throttles).where(or(eq(id, given(id, 'pair')), eq(id, given(id, 'account')))),
    addresses: db
      .select({ ip: sessions.ip })
      .from(sessions)
      .innerJoin(users, eq(users.id, sessions.userId))
      .where(eq(users.emailKey, given(users.emailKey, 'emailKey')))
      .groupBy(sessions.ip)
  }
})
