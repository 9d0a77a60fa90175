import { and, desc, eq, lt, sql } from 'drizzle-orm'
import { mayUseReserve } from '../../db/engine.ts'
import { param, paramSelection, prepareStatements } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { type Page, parseCursor, toPage } from '../../http/cursor.ts'
import { count } from '../../process/counters.ts'
import { sessionsEnded } from '../counters.ts'
import type { EndReason } from '../sessions/end-reasons.ts'
import type { AuditEventRow } from '../tables.ts'
import { authTables } from '../tables.ts'
import type { AuditEventType } from './event-types.ts'

/** Where a request came from, as far as it says. */
export interface ClientInfo {
  readonly ip: string
  readonly userAgent: string | null
}

/** Likewise of what no request has brought about. */
export type AuditSource = { readonly [Key in keyof ClientInfo]: ClientInfo[Key] | null }

export type AuditEvent = Omit<AuditEventRow, 'userId'>

interface AuditDetails {
  readonly sessionId?: string
  readonly endReason?: EndReason
  /** Of a re-used refresh token: who refreshed before. */
  readonly previousClient?: AuditSource
}

/** Sorts after every UUID. */
const AFTER_ALL_IDS = 'g'

const statements = prepareStatements('events', authTables, (db, { events, users }) => ({
  // Nothing is kept for a user who has been deleted meanwhile.
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

/** What happened to accounts, for their owners to see. The janitor removes what is old. */
export function createAuditLog(store: Store) {
  const { insert: add, listBefore: page } = statements(store)

  /** The writing of an event, as a step of what it tells of. */
  const bindEvent = (userId: string, type: AuditEventType, source: AuditSource, details: AuditDetails = {}) =>
    add.bind({
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

  /** The writing of the ends of sessions, likewise. */
  function bindSessionEnds(
    ended: readonly { id: string }[],
    userId: string,
    endReason: EndReason,
    source: AuditSource
  ) {
    if (ended.length > 0) count(store.counters.get(sessionsEnded), endReason, ended.length)
    return ended.map(({ id }) =>
      mayUseReserve(bindEvent(userId, 'session_ended', source, { sessionId: id, endReason }))
    )
  }

  return {
    step: bindEvent,
    endings: bindSessionEnds,

    /** Writes the ends of sessions that a statement by itself has ended, if it has. */
    async recordSessionEnds(...args: Parameters<typeof bindSessionEnds>): Promise<void> {
      const boundStatements = bindSessionEnds(...args)
      if (boundStatements.length > 0) await store.atomically(...boundStatements)
    },

    /** A user's events, the latest first. */
    async list(userId: string, limit: number, cursor?: string): Promise<Page<AuditEvent>> {
      const before = cursor === undefined ? AFTER_ALL_IDS : parseCursor(cursor)
      return toPage(await page.execute({ userId, before, limit: limit + 1 }), limit)
    }
  }
}

export type AuditLog = ReturnType<typeof createAuditLog>
