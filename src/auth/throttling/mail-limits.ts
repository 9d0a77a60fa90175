import { sql } from 'drizzle-orm'
import { type BoundStatement, isUndoneBy, mustAffectRow } from '../../db/bound-statement.ts'
import { param, paramRow, prepareStatements } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { toNetwork } from '../../http/addresses.ts'
import { Problem } from '../../problems/problem.ts'
import { hashSubject } from '../hash-subject.ts'
import { authTables } from '../tables.ts'
import { throttleStatements } from './statements.ts'

/** Milliseconds in which mails are counted. */
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** The most mails of a kind that are asked for in an hour: for one address, and from one network. */
export const MAILS_PER_ADDRESS = 3
export const MAILS_PER_NETWORK = 20

const statements = prepareStatements('mail_limits', authTables, (db, { throttles }) => {
  const { id, failures, blockedUntil, updatedAt } = throttles
  // An end that is further away than the window was written by an instance whose clock was ahead.
  const isCounting = sql`(${blockedUntil} > ${param(blockedUntil, 'updatedAt')} and ${blockedUntil} <= ${param(blockedUntil, 'blockedUntil')})`
  return {
    /** Counts one more. Affects no row when that would be too many. */
    count: db
      .insert(throttles)
      .values(paramRow(throttles))
      .onConflictDoUpdate({
        target: id,
        set: {
          failures: sql`case when ${isCounting} then ${failures} + 1 else 1 end`,
          blockedUntil: sql`case when ${isCounting} then ${blockedUntil} else ${param(blockedUntil, 'blockedUntil')} end`,
          updatedAt: param(updatedAt, 'updatedAt')
        },
        setWhere: sql`(not ${isCounting} or ${failures} < ${sql.placeholder('max')})`
      })
      .returning({ id })
  }
})

/** What a mail is asked for with. */
interface MailRequest {
  readonly kind: string
  /** The lookup key of the address, whether or not it has an account. */
  readonly emailKey: string
  /** The address of the client; undefined when its network does not count. */
  readonly ip: string | undefined
}

/** Bounds the mails that can be asked for. Addresses without an account are counted as any other. */
export function createMailLimits(store: Store) {
  const { count } = statements(store)
  const { find } = throttleStatements(store)

  /** @returns the statement that counts a mail, and affects no row when `max` were counted within `windowMs` */
  function bindCount(kind: string, subject: string, max: number, windowMs: number): BoundStatement {
    const now = store.now()
    return mustAffectRow(
      count.bind({
        id: hashSubject('mail', kind, subject),
        failures: 1,
        blockedUntil: new Date(now.getTime() + windowMs),
        updatedAt: now,
        max
      })
    )
  }

  /** @returns the statement that marks a mail which is sent once a day, and affects no row when it was sent today */
  const bindDailyMark = (kind: string, emailKey: string) => bindCount(kind, emailKey, 1, DAY_MS)

  /**
   * @returns the statements that count the mail, for the transaction that puts it into the outbox, and the handler of that
   *   transaction's failure
   */
  function prepareCounts({ kind, emailKey, ip }: MailRequest) {
    const limits = [
      { subject: emailKey, max: MAILS_PER_ADDRESS },
      ...(ip === undefined ? [] : [{ subject: toNetwork(ip), max: MAILS_PER_NETWORK }])
    ].map(({ subject, max }) => ({ subject, statement: bindCount(kind, subject, max, HOUR_MS) }))

    /** @throws {Problem} `mail_throttled` when a limit undid the transaction; other errors pass unchanged */
    async function explain(error: unknown): Promise<never> {
      const limit = limits.find(({ statement }) => isUndoneBy(error, statement))
      if (!limit) throw error
      const [row] = await find.execute({ id: hashSubject('mail', kind, limit.subject) })
      const wait = (row?.blockedUntil.getTime() ?? 0) - store.now().getTime()
      throw new Problem('mail_throttled', { retryAfter: Math.max(1, Math.ceil(wait / 1000)) })
    }

    return { statements: limits.map(({ statement }): BoundStatement => statement), explain }
  }

  return { bindDailyMark, prepareCounts }
}

export type MailLimits = ReturnType<typeof createMailLimits>
