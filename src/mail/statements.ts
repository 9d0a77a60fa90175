import { and, asc, count, eq, gt, inArray, isNotNull, isNull, lte, min, sql } from 'drizzle-orm'
import { param, prepareStatements } from '../db/statements.ts'
import { mailTables } from './tables.ts'

/** When a mail that was given up is due: never, so that no search for due mails meets it. */
export const NEVER = new Date('9999-12-31T00:00:00.000Z')

/** Mails that one query reads, or one statement gives up. */
export const PAGE_SIZE = 500

/** The statements of the sender, and of those who look at the outbox. */
export const mailStatements = prepareStatements('mails', mailTables, (db, { mails }) => {
  const isDue = lte(mails.dueAt, param(mails.dueAt, 'now'))
  const isWaiting = isNull(mails.givenUpAt)
  // Who has claimed a mail is known by the attempt. Somebody else may claim it once the lease is over.
  const isAttempt = and(
    eq(mails.id, param(mails.id, 'id')),
    eq(mails.attempts, param(mails.attempts, 'attempts')),
    isWaiting
  )

  const dueIds = db
    .select({ id: mails.id })
    .from(mails)
    .where(and(isWaiting, isDue, gt(mails.expiresAt, param(mails.expiresAt, 'now'))))
    .orderBy(asc(mails.dueAt))
    .limit(sql.placeholder('limit'))
  // A mail whose lease is not over may yet arrive, so it is not expired.
  const expiredIds = db
    .select({ id: mails.id })
    .from(mails)
    .where(and(isWaiting, isDue, lte(mails.expiresAt, param(mails.expiresAt, 'now'))))
    .orderBy(asc(mails.dueAt))
    .limit(PAGE_SIZE)
  // Takes what no other sender is taking. SQLite has one writer at a time, and no such clause.
  const skipLocked = <Query extends typeof dueIds | typeof expiredIds>(query: Query) =>
    'for' in query ? query.for('update', { skipLocked: true }) : query

  return {
    nextDue: db
      .select({ dueAt: mails.dueAt })
      .from(mails)
      .where(isWaiting)
      .orderBy(asc(mails.dueAt))
      .limit(1),
    claim: db
      .update(mails)
      .set({ dueAt: param(mails.dueAt, 'leaseEnd'), attempts: sql`${mails.attempts} + 1` })
      .where(inArray(mails.id, skipLocked(dueIds)))
      .returning(),
    giveUpExpired: db
      .update(mails)
      .set({
        givenUpAt: param(mails.givenUpAt, 'now'),
        dueAt: NEVER,
        lastError: sql`coalesce(${mails.lastError}, ${param(mails.lastError, 'reason')})`
      })
      .where(inArray(mails.id, skipLocked(expiredIds)))
      .returning(),
    // Not by the attempt: the mail has been sent, even if another sender has claimed it meanwhile.
    remove: db.delete(mails).where(eq(mails.id, param(mails.id, 'id'))),
    postpone: db
      .update(mails)
      .set({ dueAt: param(mails.dueAt, 'dueAt'), lastError: param(mails.lastError, 'reason') })
      .where(isAttempt),
    giveUp: db
      .update(mails)
      .set({
        givenUpAt: param(mails.givenUpAt, 'now'),
        dueAt: NEVER,
        lastError: param(mails.lastError, 'reason')
      })
      .where(isAttempt)
      .returning({ id: mails.id }),
    retry: db
      .update(mails)
      .set({ dueAt: param(mails.dueAt, 'now'), givenUpAt: null })
      .where(and(eq(mails.id, param(mails.id, 'id')), gt(mails.expiresAt, param(mails.expiresAt, 'now'))))
      .returning({ id: mails.id }),
    find: db
      .select()
      .from(mails)
      .where(eq(mails.id, param(mails.id, 'id'))),
    listAfter: db
      .select()
      .from(mails)
      .where(gt(mails.id, param(mails.id, 'after')))
      .orderBy(asc(mails.id))
      .limit(PAGE_SIZE),
    summarizeWaiting: db
      .select({ count: count(), oldest: min(mails.createdAt) })
      .from(mails)
      .where(isWaiting),
    countGivenUp: db.select({ count: count() }).from(mails).where(isNotNull(mails.givenUpAt))
  }
})
