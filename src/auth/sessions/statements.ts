import { and, desc, eq, getTableColumns, gt, isNull, lte, ne, notInArray, type SQL, sql } from 'drizzle-orm'
import { isIdParam } from '../../db/read-batches.ts'
import { param, paramSelection, prepareStatements } from '../../db/statements.ts'
import { authTables } from '../tables.ts'

/** Each write is one statement whose condition decides: a session that has ended is never changed again. */
export const sessionStatements = prepareStatements('sessions', authTables, (db, { sessions, users }) => {
  const user = { id: users.id, username: users.username, email: users.email }
  const matchesId = eq(sessions.id, param(sessions.id, 'id'))
  const matchesUser = eq(sessions.userId, param(sessions.userId, 'userId'))
  const excludesId = ne(sessions.id, param(sessions.id, 'id'))
  const hasNotEnded = isNull(sessions.endedAt)
  const isLive = and(
    hasNotEnded,
    gt(sessions.idleExpiresAt, param(sessions.idleExpiresAt, 'now')),
    gt(sessions.absoluteExpiresAt, param(sessions.absoluteExpiresAt, 'now'))
  )
  const endValues = {
    endedAt: param(sessions.endedAt, 'now'),
    endReason: param(sessions.endReason, 'reason')
  }
  const rotationValues = {
    generation: sql`${sessions.generation} + 1`,
    rotatedAt: param(sessions.rotatedAt, 'now'),
    idleExpiresAt: param(sessions.idleExpiresAt, 'idleExpiresAt'),
    retryKeyHash: param(sessions.retryKeyHash, 'retryKeyHash'),
    userAgent: param(sessions.userAgent, 'userAgent'),
    ip: param(sessions.ip, 'ip')
  }
  const selectWithUser = () =>
    db.select({ session: sessions, user }).from(sessions).innerJoin(users, eq(users.id, sessions.userId))
  /** A column of the session's user, to be returned with what was written. */
  const userColumn = (column: 'username' | 'email') =>
    sql<string>`(${db.select({ value: users[column] }).from(users).where(eq(users.id, sessions.userId))})`.as(
      column
    )
  const byLastUse = [desc(sessions.rotatedAt), desc(sessions.id)]
  // Besides the one that has just begun, which is not the last used one if the clock was put back.
  const isOtherLive = and(matchesUser, excludesId, isLive)
  const mostRecent = db
    .select({ id: sessions.id })
    .from(sessions)
    .where(isOtherLive)
    .orderBy(...byLastUse)
    .limit(sql.placeholder('most'))
  const isSurplus = and(isOtherLive, notInArray(sessions.id, mostRecent))

  const currentUser = db
    .select(paramSelection(sessions))
    .from(users)
    .where(
      and(
        eq(users.id, param(users.id, 'userId')),
        eq(users.passwordVersion, param(users.passwordVersion, 'passwordVersion')),
        isNull(users.disabledAt)
      )
    )
  // A change of the password, or a ban, waits until the session is there to be seen. SQLite has one writer at a time.
  const lockedUser = 'for' in currentUser ? currentUser.for('share') : currentUser

  // The end of a session waits, too, until what relies on it is there; sessions of a user that end one another take turns.
  const selectForUpdate = (...conditions: SQL[]) => {
    const session = db
      .select({ id: sessions.id })
      .from(users)
      .innerJoin(sessions, eq(sessions.userId, users.id))
      .where(and(matchesId, matchesUser, isLive, ...conditions))
    return 'for' in session ? session.for('no key update') : session
  }

  return {
    // The user may have been deleted or disabled while the password was checked, or have changed it.
    insert: db.insert(sessions).select(lockedUser).returning({ id: sessions.id }),
    /** Required in a transaction that a session asked for: nothing takes effect of what an ended one began. */
    lockLive: selectForUpdate(),
    /** The same, for a token of the latest generation that is not stale. */
    lockLatest: selectForUpdate(
      eq(sessions.generation, param(sessions.generation, 'generation')),
      lte(sessions.minAccessGeneration, sessions.generation)
    ),
    findWithUser: selectWithUser().where(matchesId),
    findManyWithUser: selectWithUser().where(isIdParam(sessions.id)),
    listLive: db
      .select()
      .from(sessions)
      .where(and(matchesUser, isLive))
      .orderBy(...byLastUse),
    rotate: db
      .update(sessions)
      .set(rotationValues)
      .where(
        and(matchesId, matchesUser, eq(sessions.generation, param(sessions.generation, 'generation')), isLive)
      )
      .returning({
        ...getTableColumns(sessions),
        username: userColumn('username'),
        email: userColumn('email')
      }),
    end: db
      .update(sessions)
      .set(endValues)
      .where(and(matchesId, matchesUser, isLive))
      .returning({ id: sessions.id }),
    endAll: db.update(sessions).set(endValues).where(and(matchesUser, isLive)).returning({ id: sessions.id }),
    endOthers: db.update(sessions).set(endValues).where(isOtherLive).returning({ id: sessions.id }),
    listSurplus: db.select({ id: sessions.id }).from(sessions).where(isSurplus),
    endSurplus: db.update(sessions).set(endValues).where(isSurplus).returning({ id: sessions.id })
  }
})
