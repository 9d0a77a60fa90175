import type { DueValue } from '../db/schema.ts'
import { invalid } from '../errors.ts'

/**
 * When a todo is due: on a day, or at a local time of a zone (RFC 8984, sections 1.4.6 and 4.7.1). Kept as it was given and
 * never turned into an instant: neither does a day move with the zone of a server, nor a time with a change of the rules.
 */
export type Due = DueValue

/** A merge patch of it (RFC 7396). */
export type DuePatch = { readonly [Member in 'date' | 'dateTime' | 'timeZone']?: string | null }

/** Comes after every day. */
export const NEVER = '~'

/**
 * What todos are ordered by: what calendar and clock show, whatever the zone. A day comes after its hours, for it is due
 * when it is over; no due date comes last.
 */
export function dueKeyOf(due: Due | null): string {
  if (due === null) return NEVER
  return 'date' in due ? `${due.date}T24:00:00` : due.dateTime
}

/** The first key that is not before a day or a local time. */
export const keyFrom = (bound: string): string => (bound.includes('T') ? bound : `${bound}T00:00:00`)
/** The last key that is not after a day or a local time. */
export const keyUpTo = (bound: string): string => (bound.includes('T') ? bound : `${bound}T24:00:00`)

/**
 * Merges a patch. A day takes the place of a time and the reverse, so that nobody has to clear what no longer applies.
 * @throws {Problem} `validation_failed` when what comes out is neither
 */
export function mergedDue(present: Due | null, patch: DuePatch): Due | null {
  if (Object.keys(patch).length === 0 && present) return present
  if (patch.date && (patch.dateTime || patch.timeZone)) throw fault('', 'is a day or a time, not both')
  if (patch.date) return { date: patch.date }

  const { date, dateTime, timeZone } = { ...members(present), ...patch }
  if (dateTime && timeZone) return { dateTime, timeZone }
  if (dateTime) throw fault('/timeZone', 'is required with dateTime')
  if (timeZone) throw fault('/dateTime', 'is required with timeZone')
  if (date) return { date }
  throw fault('', 'is not accepted; give date, or dateTime and timeZone, or null for none')
}

const members = (due: Due | null): DuePatch => due ?? {}

const fault = (member: string, detail: string) => invalid({ pointer: `/due${member}`, detail })
