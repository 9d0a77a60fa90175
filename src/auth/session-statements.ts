import { and, eq, isNull, ne, sql } from 'drizzle-orm'
import { sessions, users } from '../db/schema.ts'
import { given, givenRow, statementsOf } from '../db/statements.ts'

const isLive = isNull(sessions.endedAt)
const isTheOne = eq(sessions.id, given(sessions.id, 'id'))
const isTheUsers = eq(sessions.userId, given(sessions.userId, 'userId'))
const ending = {
  endedAt: given(sessions.endedAt, 'now'),
  endReason: given(sessions.endReason, 'reason')
}

/** Each write is one statement whose condition decides: a session that has ended is never changed again. */
export const sessionStatements = statementsOf(db => ({
  add: db.insert(sessions).values(givenRow(sessions)).returning().prepare(),
  find: db
    .select({ session: sessions, user: { id: users.id, username: users.username, email: users.email } })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(isTheOne)
    .prepare(),
  rotate: db
    .update(sessions)
    .set({
      generation: sql`${sessions.generation} + 1`,
      rotatedAt: given(sessions.rotatedAt, 'now'),
      idleExpiresAt: given(sessions.idleExpiresAt, 'idleExpiresAt')
    })
    .where(and(isTheOne, eq(sessions.generation, given(sessions.generation, 'generation')), isLive))
    .returning()
    .prepare(),
  end: db.update(sessions).set(ending).where(and(isTheOne, isLive)).prepare(),
  endAll: db.update(sessions).set(ending).where(and(isTheUsers, isLive)).prepare(),
  endOthers: db
    .update(sessions)
    .set(ending)
    .where(and(isTheUsers, ne(sessions.id, given(sessions.id, 'id')), isLive))
    .prepare()
}))
