import { and, desc, eq, lt, sql } from 'drizzle-orm'
import { type BoundStatement, mayUseReserve } from '../../db/bound-statement.ts'
import { param, paramSelection, prepareStatements } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { type Page, parseCursor, toPage } from '../../http/cursor.ts'
import { count } from '../../process/counters.ts'
import { sessionsEnded } from '../counters.ts'
import type { EndReason } from '../sessions/end-reasons.ts'
import { type AuditEventRow, authTables } from '../tables.ts'
import type { AuditEventType } from './event-types.ts'

/** The client that caused an event. All members are null when an operator or the service itself caused it. */
export type AuditSource = { readonly [Key in keyof ClientInfo]: ClientInfo[Key] | null }

/** What an operator or the service itself causes comes from no client. */
export const NO_CLIENT: AuditSource = { ip: null, userAgent: null }

export type AuditEvent = Omit<AuditEventRow, 'userId'>

interface AuditDetails {
  readonly sessionId?: string
  readonly endReason?: EndReason
  /** The client that had used a refresh token before somebody presented the token again. */
  readonly previousClient?: AuditSource
}

/** Why sessions of a user ended, and who ended them. */
interface SessionEnd {
  readonly userId: string
  readonly reason: EndReason
  readonly source: AuditSource
}

/** Sorts after every UUID. */
const AFTER_ALL_IDS = 'g'

const statements = prepareStatements('events', authTables, (db, { events, users }) => ({
  // The selection finds nothing when the user was deleted meanwhile, so that no event outlives its account.
  insert: db.insert(events).select(
    db
      .select(paramSelection(events))
      .from(users)
      .where(eq(users.id, param(users.id, 'userId')))
  ),
  listBefore: db
    .select()
    .from(events)
    .where(and(eq(events.userId, param(events.userId, 'userId')), lt(events.id, param(events.id, 'before'))))
    .orderBy(desc(events.id))
    .limit(sql.placeholder('limit'))
}))

/** The log of what happened to accounts. Owners read it; the janitor removes old events. */
export function createAuditLog(store: Store) {
  const { insert, listBefore } = statements(store)

  /** @returns the statement that writes an event, to run in the transaction of what the event reports */
  function bindEvent(
    userId: string,
    type: AuditEventType,
    source: AuditSource,
    details: AuditDetails = {}
  ): BoundStatement {
    return insert.bind({
      id: store.newId(),
      userId,
      type,
      createdAt: store.now(),
      sessionId: details.sessionId ?? null,
      endReason: details.endReason ?? null,
      userAgent: source.userAgent,
      ip: source.ip,
      otherUserAgent: details.previousClient?.userAgent ?? null,
      otherIp: details.previousClient?.ip ?? null
    })
  }

  /**
   * Counts sessions that have ended, and writes an event for each.
   * @param ended the sessions that a statement has just ended, possibly none
   * @param precedingEvents statements of `bindEvent` to write in the same transaction
   */
  async function recordSessionEnds(
    ended: readonly { id: string }[],
    { userId, reason, source }: SessionEnd,
    ...precedingEvents: readonly BoundStatement[]
  ): Promise<void> {
    if (ended.length > 0) count(store.counters.get(sessionsEnded), reason, ended.length)
    const endEvents = ended.map(({ id }) =>
      mayUseReserve(bindEvent(userId, 'session_ended', source, { sessionId: id, endReason: reason }))
    )
    const events = [...precedingEvents, ...endEvents]
    if (events.length > 0) await store.atomically(...events)
  }

  /**
   * A page of a user's events, the latest first.
   * @throws {Problem} `validation_failed` for an invalid cursor
   */
  async function list(userId: string, limit: number, cursor?: string): Promise<Page<AuditEvent>> {
    const before = cursor === undefined ? AFTER_ALL_IDS : parseCursor(cursor)
    return toPage(await listBefore.execute({ userId, before, limit: limit + 1 }), limit)
  }

  return { bindEvent, recordSessionEnds, list }
}

export type AuditLog = ReturnType<typeof createAuditLog>
