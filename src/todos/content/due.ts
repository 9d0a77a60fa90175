import { Type } from '@sinclair/typebox'
import { Nullable, type Value } from '../../http/schemas/types.ts'
import { validationFailed } from '../../problems/problem.ts'

const Day = Type.String({
  format: 'date',
  description: 'a day such as 2026-03-29',
  examples: ['2026-03-29']
})
const LocalDateTime = Type.String({
  format: 'local-date-time',
  description: 'a local time to the second such as 2026-03-29T09:00:00',
  examples: ['2026-03-29T09:00:00']
})
/** The name of a time zone in a request. */
export const TimeZone = Type.String({
  format: 'time-zone',
  description: 'the name of a time zone (IANA) such as Europe/Berlin',
  examples: ['Europe/Berlin']
})

const strict = { additionalProperties: false }
const DueOnDay = Type.Object({ date: Day }, strict)
const DueAtTime = Type.Object({ dateTime: LocalDateTime, timeZone: TimeZone }, strict)

export const DueField = Type.Union([DueOnDay, DueAtTime, Type.Null()], {
  default: null,
  description:
    '{ date } with a day such as 2026-03-29, or { dateTime, timeZone } with a local time such as 2026-03-29T09:00:00 ' +
    'and a time zone (IANA) such as Europe/Berlin, or null for none',
  examples: [{ date: '2026-03-29' }]
})

/**
 * When a todo is due: on a day, or at a local time of a zone (RFC 8984, sections 1.4.6 and 4.7.1). It is stored as received
 * and never as an instant, so neither the server's zone nor new rules for a zone move it.
 */
export type Due = NonNullable<Value<typeof DueField>>

/** A merge patch of a due date (RFC 7396). */
const DuePatch = Type.Partial(
  Type.Object({ date: Nullable(Day), dateTime: Nullable(LocalDateTime), timeZone: Nullable(TimeZone) }),
  strict
)
export type DuePatch = Value<typeof DuePatch>

export const DuePatchField = Nullable(DuePatch, {
  description: 'the members of the due date to change, or null for none',
  examples: [{ date: '2026-03-29' }]
})

/** A bound in the order of due dates. */
export const DueBound = Type.String({
  format: 'day-or-local-date-time',
  description: 'a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00'
})

/** The sort key of a todo without a due date: after every other key. */
export const NO_DUE_KEY = '~'

/**
 * The sort key of a due date: what calendar and clock show, whatever the zone. A day sorts after its hours, because a todo
 * of a day is due when the day is over.
 */
export function toDueKey(due: Due | null): string {
  if (due === null) return NO_DUE_KEY
  return 'date' in due ? `${due.date}T24:00:00` : due.dateTime
}

/** The first sort key of a day or a local time. */
export const firstDueKey = (bound: string): string => (bound.includes('T') ? bound : `${bound}T00:00:00`)
/** The last sort key of a day or a local time. */
export const lastDueKey = (bound: string): string => (bound.includes('T') ? bound : `${bound}T24:00:00`)

/**
 * Applies a merge patch. A day replaces a time and the reverse, so that nobody has to clear the other members first.
 * @throws {Problem} `validation_failed` when the result is neither a day nor a time with its zone
 */
export function applyDuePatch(current: Due | null, patch: DuePatch): Due | null {
  if (Object.keys(patch).length === 0 && current) return current
  if (patch.date && (patch.dateTime || patch.timeZone)) throw dueError('', 'is a day or a time, not both')
  if (patch.date) return { date: patch.date }

  const { date, dateTime, timeZone } = { ...toPatch(current), ...patch }
  if (dateTime && timeZone) return { dateTime, timeZone }
  if (dateTime) throw dueError('/timeZone', 'is required with dateTime')
  if (timeZone) throw dueError('/dateTime', 'is required with timeZone')
  if (date) return { date }
  throw dueError('', 'is not accepted; give date, or dateTime and timeZone, or null for none')
}

const toPatch = (due: Due | null): DuePatch => due ?? {}

const dueError = (member: string, detail: string) => validationFailed({ pointer: `/due${member}`, detail })
