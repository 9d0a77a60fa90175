import { validationFailed } from '../../problems/problem.ts'

/**
 * When a todo is due: on a day, or at a local time of a zone (RFC 8984, sections 1.4.6 and 4.7.1). Kept as it was given and
 * never turned into an instant: neither does a day move with the zone of a server, nor a time with a change of the rules.
 */
export type Due = { readonly date: string } | { readonly dateTime: string; readonly timeZone: string }

/** A merge patch of it (RFC 7396). */
export type DuePatch = { readonly [Member in 'date' | 'dateTime' | 'timeZone']?: string | null }

/** Comes after every day. */
export const NO_DUE_KEY = '~'

/**
 * What todos are ordered by: what calendar and clock show, whatever the zone. A day comes after its hours, for it is due
 * when it is over; no due date comes last.
 */
export function toDueKey(due: Due | null): string {
  if (due === null) return NO_DUE_KEY
  return 'date' in due ? `${due.date}T24:00:00` : due.dateTime
}

/** The first key that is not before a day or a local time. */
export const firstDueKey = (bound: string): string => (bound.includes('T') ? bound : `${bound}T00:00:00`)
/** The last key that is not after a day or a local time. */
export const lastDueKey = (bound: string): string => (bound.includes('T') ? bound : `${bound}T24:00:00`)

/**
 * Merges a patch. A day takes the place of a time and the reverse, so that nobody has to clear what no longer applies.
 * @throws {Problem} `validation_failed` when what comes out is neither
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
