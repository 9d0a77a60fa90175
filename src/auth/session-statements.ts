import { and, desc, eq, getTableColumns, gt, isNull, lte, ne, notInArray, type SQL, sql } from 'drizzle-orm'
import { isGivenId } from '../db/read-batches.ts'
import { given, givenSelection, statementsOf } from '../db/statements.ts'

/** Each write is one statement whose condition decides: a session that has ended is never changed again. */
export const sessionStatements = statementsOf('sessions', (db, { sessions, users }) => {
  const user = { id: users.id, username: users.username, email: users.email }
  const isTheOne = eq(sessions.id, given(sessions.id, 'id'))
  const isTheUsers = eq(sessions.userId, given(sessions.userId, 'userId'))
  const isAnother = ne(sessions.id, given(sessions.id, 'id'))
  const hasNotEnded = isNull(sessions.endedAt)
  const isLive = and(
    hasNotEnded,
    gt(sessions.idleExpiresAt, given(sessions.idleExpiresAt, 'now')),
    gt(sessions.absoluteExpiresAt, given(sessions.absoluteExpiresAt, 'now'))
  )
  const ending = { endedAt: given(sessions.endedAt, 'now'), endReason: given(sessions.endReason, 'reason') }
  const rotation = {
    generation: sql`${sessions.generation} + 1`,
    rotatedAt: given(sessions.rotatedAt, 'now'),
    idleExpiresAt: given(sessions.idleExpiresAt, 'idleExpiresAt'),
    retryKeyHash: given(sessions.retryKeyHash, 'retryKeyHash'),
    userAgent: given(sessions.userAgent, 'userAgent'),
    ip: given(sessions.ip, 'ip')
  }
  const withTheirUsers = () =>
    db.select({ session: sessions, user }).from(sessions).innerJoin(users, eq(users.id, sessions.userId))
  /** A column of the session's user, to be returned with what was written. */
  const ofUser = (column: 'username' | 'email') =>
    sql<string>`(${db.select({ value: users[column] }).from(users).where(eq(users.id, sessions.userId))})`.as(
      column
    )
  const lastUsedFirst = [desc(sessions.rotatedAt), desc(sessions.id)]
  // Besides the one that has just begun, which is not the last used one if the clock was put back.
  const isOther = and(isTheUsers, isAnother, isLive)
  const latest = db
    .select({ id: sessions.id })
    .from(sessions)
    .where(isOther)
    .orderBy(...lastUsedFirst)
    .limit(sql.placeholder('most'))
  const isSurplus = and(isOther, notInArray(sessions.id, latest))

  const presentUser = db
    .select(givenSelection(sessions))
    .from(users)
    .where(
      and(
        eq(users.id, given(users.id, 'userId')),
        eq(users.passwordVersion, given(users.passwordVersion, 'passwordVersion')),
        isNull(users.disabledAt)
      )
    )
  // A change of the password, or a ban, waits until the session is there to be seen. SQLite has one writer at a time.
  const withUser = 'for' in presentUser ? presentUser.for('share') : presentUser

  // The end of a session waits, too, until what relies on it is there; sessions of a user that end one another take turns.
  const held = (...conditions: SQL[]) => {
    const session = db
      .select({ id: sessions.id })
      .from(users)
      .innerJoin(sessions, eq(sessions.userId, users.id))
      .where(and(isTheOne, isTheUsers, isLive, ...conditions))
    return 'for' in session ? session.for('no key update') : session
  }

  return {
    // The user may have been deleted or disabled while the password was checked, or have changed it.
    add: db.insert(sessions).select(withUser).returning({ id: sessions.id }),
    /** Required in a transaction that a session asked for: nothing takes effect of what an ended one began. */
    hold: held(),
    /** The same, for a token of the latest generation that is not stale. */
    holdLatest: held(
      eq(sessions.generation, given(sessions.generation, 'generation')),
      lte(sessions.minAccessGeneration, sessions.generation)
    ),
    find: withTheirUsers().where(isTheOne),
    findSeveral: withTheirUsers().where(isGivenId(sessions.id)),
    live: db
      .select()
      .from(sessions)
      .where(and(isTheUsers, isLive))
      .orderBy(...lastUsedFirst),
    rotate: db
      .update(sessions)
      .set(rotation)
      .where(
        and(isTheOne, isTheUsers, eq(sessions.generation, given(sessions.generation, 'generation')), isLive)
      )
      .returning({ ...getTableColumns(sessions), username: ofUser('username'), email: ofUser('email') }),
    end: db
      .update(sessions)
      .set(ending)
      .where(and(isTheOne, isTheUsers, isLive))
      .returning({ id: sessions.id }),
    endAll: db.update(sessions).set(ending).where(and(isTheUsers, isLive)).returning({ id: sessions.id }),
    endOthers: db.update(sessions).set(ending).where(isOther).returning({ id: sessions.id }),
    surplus: db.select({ id: sessions.id }).from(sessions).where(isSurplus),
    endSurplus: db.update(sessions).set(ending).where(isSurplus).returning({ id: sessions.id })
  }
})
