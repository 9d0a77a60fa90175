import { and, desc, eq, lt, sql } from 'drizzle-orm'
import { count } from '../counters.ts'
import { idBefore, type Page, pageOf } from '../db/cursor.ts'
import { urgent } from '../db/engine.ts'
import type { EndReason, EventRow, EventType } from '../db/schema.ts'
import { given, givenSelection, statementsOf } from '../db/statements.ts'
import type { Store } from '../db/store.ts'

/** Where a request came from, as far as it says. */
export interface Device {
  readonly ip: string
  readonly userAgent: string | null
}

/** Likewise of what no request has brought about. */
export type Origin = { readonly [Key in keyof Device]: Device[Key] | null }

export type Event = Omit<EventRow, 'userId'>

interface Particulars {
  readonly sessionId?: string
  readonly endReason?: EndReason
  /** Of a re-used refresh token: who refreshed before. */
  readonly other?: Origin
}

/** Sorts after every UUID. */
const END = 'g'

const statements = statementsOf('events', (db, { events, users }) => ({
  // Nothing is kept for a user who has been deleted meanwhile.
  add: db.insert(events).select(
    db
      .select(givenSelection(events))
      .from(users)
      .where(eq(users.id, given(users.id, 'userId')))
  ),
  page: db
    .select()
    .from(events)
    .where(and(eq(events.userId, given(events.userId, 'userId')), lt(events.id, given(events.id, 'before'))))
    .orderBy(desc(events.id))
    .limit(sql.placeholder('limit'))
}))

/** What happened to accounts, for their owners to see. The janitor removes what is old. */
export function eventsOf(store: Store) {
  const { add, page } = statements(store)

  /** The writing of an event, as a step of what it tells of. */
  const step = (userId: string, type: EventType, device: Origin, particulars: Particulars = {}) =>
    add.with({
      id: store.newId(),
      userId,
      type,
      createdAt: store.now(),
      sessionId: particulars.sessionId ?? null,
      endReason: particulars.endReason ?? null,
      userAgent: device.userAgent,
      ip: device.ip,
      otherUserAgent: particulars.other?.userAgent ?? null,
      otherIp: particulars.other?.ip ?? null
    })

  /** The writing of the ends of sessions, likewise. */
  function endings(ended: readonly { id: string }[], userId: string, endReason: EndReason, device: Origin) {
    if (ended.length > 0) count(store.counters.sessionsEnded, endReason, ended.length)
    return ended.map(({ id }) => urgent(step(userId, 'session_ended', device, { sessionId: id, endReason })))
  }

  return {
    step,
    endings,

    /** Writes the ends of sessions that a statement by itself has ended, if it has. */
    async tellEndings(...of: Parameters<typeof endings>): Promise<void> {
      const steps = endings(...of)
      if (steps.length > 0) await store.atomically(...steps)
    },

    /** A user's events, the latest first. */
    async list(userId: string, limit: number, cursor?: string): Promise<Page<Event>> {
      const before = cursor === undefined ? END : idBefore(cursor)
      return pageOf(await page.execute({ userId, before, limit: limit + 1 }), limit)
    }
  }
}

export type Events = ReturnType<typeof eventsOf>
