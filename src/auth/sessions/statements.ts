import {
  and,
  desc,
  eq,
  getTableColumns,
  gt,
  isNull,
  lt,
  lte,
  ne,
  notInArray,
  or,
  type SQL,
  sql
} from 'drizzle-orm'
import { isIdParam, MAX_BULK_IDS } from '../../db/read-batches.ts'
import { param, paramSelection, prepareStatements } from '../../db/statements.ts'
import { authTables } from '../tables.ts'
import { toUserColumns, type UserRow } from '../user.ts'

/**
 * The statements on sessions. Each write decides by its own condition, so that nothing changes a session that has ended.
 */
export const sessionStatements = prepareStatements('sessions', authTables, (db, { sessions, users }) => {
  const user = toUserColumns(users)
  const { id, userId, generation, minAccessGeneration, endedAt } = sessions
  const state = { id, userId, generation, minAccessGeneration, endedAt }
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
    retryKeyHash: param(sessions.retryKeyHash, 'retryKeyHash')
  }
  const clientValues = { userAgent: param(sessions.userAgent, 'userAgent'), ip: param(sessions.ip, 'ip') }
  const selectWithUser = () =>
    db
      .select({ session: sessions, user, hasSecondFactor: users.hasSecondFactor })
      .from(sessions)
      .innerJoin(users, eq(users.id, sessions.userId))
  /** A column of the session's user, for the `returning` of a write. */
  const userColumn = <Name extends 'username' | 'email' | 'emailVerified'>(name: Name) =>
    sql<
      UserRow[Name]
    >`(${db.select({ value: users[name] }).from(users).where(eq(users.id, sessions.userId))})`
      .mapWith(users[name])
      .as(name)
  const byLastUse = [desc(sessions.rotatedAt), desc(sessions.id)]
  // The session that has just begun is excluded by its id: after the clock was put back, it is not the last used one.
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
        isNull(users.disabledAt),
        or(
          eq(users.hasSecondFactor, false),
          gt(param(sessions.assuranceLevel, 'assuranceLevel'), sql.raw('1'))
        )
      )
    )
  // The lock makes a change of the password or a disabling wait for the new session, and so end it. SQLite has one writer
  // at a time and needs no lock.
  const lockedUser = 'for' in currentUser ? currentUser.for('share') : currentUser

  // The lock makes the end of the session wait until the transaction that relies on the session has committed. Sessions
  // of one user that end each other run one after another, since the user's row is locked as well.
  const selectForUpdate = (...conditions: SQL[]) => {
    const session = db
      .select({ id: sessions.id })
      .from(users)
      .innerJoin(sessions, eq(sessions.userId, users.id))
      .where(and(matchesId, matchesUser, isLive, ...conditions))
    return 'for' in session ? session.for('no key update') : session
  }

  const needsOneFactor = eq(users.hasSecondFactor, false)
  const reachesLevel = or(needsOneFactor, gt(param(sessions.assuranceLevel, 'level'), sql.raw('1'))) as SQL
  // A time that is further ahead than that was written by an instance whose clock was ahead.
  const isFresh = and(
    gt(sessions.authenticatedAt, param(sessions.authenticatedAt, 'authenticatedAfter')),
    lt(sessions.authenticatedAt, param(sessions.authenticatedAt, 'authenticatedBefore')),
    or(needsOneFactor, gt(sessions.assuranceLevel, sql.raw('1')))
  ) as SQL

  return {
    /** Returns no row when the user was deleted or disabled while the password was verified, or has changed the password. */
    insert: db.insert(sessions).select(lockedUser).returning({ id: sessions.id }),
    /** Comes with `mustAffectRow` into each transaction that a session asks for, so that an ended session changes nothing. */
    lockLive: selectForUpdate(),
    /** Finds the session of an access token only while the token is of the latest generation and not stale. */
    lockLatest: selectForUpdate(
      eq(sessions.generation, param(sessions.generation, 'generation')),
      lte(sessions.minAccessGeneration, sessions.generation)
    ),
    /** As `lockLive`, and only while the last authentication is recent and of the level that the account asks for. */
    lockFresh: selectForUpdate(isFresh),
    /** As `lockLive`, and only if a level is what the account asks for. */
    lockAtLevel: selectForUpdate(reachesLevel),
    /** As `lockLive`, and only while the password is the one that was verified, and all that the account asks for. */
    lockByPassword: selectForUpdate(
      needsOneFactor,
      eq(users.passwordHash, param(users.passwordHash, 'currentHash'))
    ),
    /** Writes down that the user has shown again who he is. */
    renewAuthentication: db
      .update(sessions)
      .set({
        authenticatedAt: param(sessions.authenticatedAt, 'now'),
        authenticationMethods: param(sessions.authenticationMethods, 'methods'),
        assuranceLevel: param(sessions.assuranceLevel, 'level')
      })
      .where(and(matchesId, matchesUser, isLive))
      .returning({ id: sessions.id }),
    findWithUser: selectWithUser().where(matchesId),
    findManyWithUser: selectWithUser().where(isIdParam(sessions.id)),
    findState: db.select(state).from(sessions).where(matchesId),
    findManyStates: db.select(state).from(sessions).where(isIdParam(sessions.id, MAX_BULK_IDS)),
    listLive: db
      .select()
      .from(sessions)
      .where(and(matchesUser, isLive))
      .orderBy(...byLastUse),
    rotate: db
      .update(sessions)
      .set({ ...rotationValues, ...clientValues })
      .where(
        and(matchesId, matchesUser, eq(sessions.generation, param(sessions.generation, 'generation')), isLive)
      )
      .returning({
        ...getTableColumns(sessions),
        username: userColumn('username'),
        email: userColumn('email'),
        emailVerified: userColumn('emailVerified')
      }),
    /** Moves a session on, whatever its generation: after a change of the password. */
    rotateLive: db
      .update(sessions)
      .set(rotationValues)
      .where(and(matchesId, matchesUser, isLive))
      .returning(),
    markTokensStale: db
      .update(sessions)
      .set({ minAccessGeneration: sql`${sessions.generation} + 1` })
      .where(and(matchesUser, hasNotEnded)),
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
