import { and, eq, getTableColumns, gt, sql } from 'drizzle-orm'
import { param, paramRow, paramsOf, prepareStatements } from '../../db/statements.ts'
import { authTables } from '../tables.ts'

/** The most tries to give the code, until the tries are counted anew. */
export const MAX_TRIES = 5

/** The statements on challenges. Tries are counted by the statement that finds the challenge. */
export const challengeStatements = prepareStatements('challenges', authTables, (db, { challenges }) => {
  const { id, challengeId, userId, purpose, tries, triesEndAt, expiresAt } = challenges
  const now = param(triesEndAt, 'now')
  // An end that is further away than a window was written by an instance whose clock was ahead.
  const windowEnd = param(triesEndAt, 'windowEnd')
  const isCounting = sql`(${triesEndAt} > ${now} and ${triesEndAt} <= ${windowEnd})`
  const hasTries = sql`(not ${isCounting} or ${tries} < ${sql.raw(`${MAX_TRIES}`)})`
  const matchesChallenge = eq(challengeId, param(challengeId, 'challengeId'))
  const isAlive = gt(expiresAt, param(expiresAt, 'now'))
  // All but the tries: nothing else of the challenge before outlives it.
  const { id: _id, tries: _tries, triesEndAt: _triesEndAt, ...replaced } = getTableColumns(challenges)
  return {
    /** Makes a challenge, or replaces the one before, whose tries still count. Affects no row when no try is left. */
    replace: db
      .insert(challenges)
      .values(paramRow(challenges))
      .onConflictDoUpdate({
        target: id,
        set: paramsOf(replaced),
        setWhere: hasTries
      })
      .returning({ id }),
    /** Counts a try, and finds the challenge while it lives and has tries left. */
    countTry: db
      .update(challenges)
      .set({
        tries: sql`case when ${isCounting} then ${tries} + 1 else 1 end`,
        triesEndAt: sql`case when ${isCounting} then ${triesEndAt} else ${windowEnd} end`
      })
      .where(and(matchesChallenge, isAlive, hasTries))
      .returning(),
    find: db.select().from(challenges).where(matchesChallenge),
    findById: db
      .select()
      .from(challenges)
      .where(eq(id, param(id, 'id'))),
    remove: db.delete(challenges).where(matchesChallenge).returning({ id }),
    /** Removes an invitation while it is good. */
    removeAlive: db.delete(challenges).where(and(matchesChallenge, isAlive)).returning({ id }),
    /** Voids a change of the e-mail that has begun: nobody gets to know its new name. The tries go on counting. */
    voidEmailChange: db
      .update(challenges)
      .set({ challengeId: param(challengeId, 'challengeId') })
      .where(and(eq(userId, param(userId, 'userId')), eq(purpose, 'email_change')))
  }
})
