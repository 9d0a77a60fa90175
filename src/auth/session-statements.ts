import { and, eq, isNull, ne, sql } from 'drizzle-orm'
import { given, givenRow, statementsOf } from '../db/statements.ts'

/** Each write is one statement whose condition decides: a session that has ended is never changed again. */
export const sessionStatements = statementsOf('sessions', (db, { sessions, users }) => {
  const isLive = isNull(sessions.endedAt)
  const isTheOne = eq(sessions.id, given(sessions.id, 'id'))
  const isTheUsers = eq(sessions.userId, given(sessions.userId, 'userId'))
  const ending = {
    endedAt: given(sessions.endedAt, 'now'),
    endReason: given(sessions.endReason, 'reason')
  }

  return {
    add: db.insert(sessions).values(givenRow(sessions)).returning(),
    find: db
      .select({ session: sessions, user: { id: users.id, username: users.username, email: users.email } })
      .from(sessions)
      .innerJoin(users, eq(users.id, sessions.userId))
      .where(isTheOne),
    rotate: db
      .update(sessions)
      .set({
        generation: sql`${sessions.generation} + 1`,
        rotatedAt: given(sessions.rotatedAt, 'now'),
        idleExpiresAt: given(sessions.idleExpiresAt, 'idleExpiresAt')
      })
      .where(and(isTheOne, eq(sessions.generation, given(sessions.generation, 'generation')), isLive))
      .returning(),
    end: db.update(sessions).set(ending).where(and(isTheOne, isLive)),
    endAll: db.update(sessions).set(ending).where(and(isTheUsers, isLive)),
    endOthers: db
      .update(sessions)
      .set(ending)
      .where(and(isTheUsers, ne(sessions.id, given(sessions.id, 'id')), isLive))
  }
})
