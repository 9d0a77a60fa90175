import { isTimestamp } from '../../../time/rfc3339.ts'
import type { Due } from '../../content/due.ts'
import { createOffsetLookup } from '../offset-transitions.ts'
import { clip, type Property, parseTime } from './properties.ts'
import type { TimeZoneLookup } from './time-zones.ts'

/** What says when a to-do is due: DUE, or DTSTART with DURATION (RFC 5545, section 3.6.2). */
export interface DueProperties {
  readonly due: Property | undefined
  readonly start: Property | undefined
  readonly duration: Property | undefined
}

export interface DueContext {
  readonly findZone: TimeZoneLookup
  /** The zone of times that name none, or one that is not known. */
  readonly defaultZone: string | undefined
  readonly addNote: (line: number, detail: string) => void
  readonly addFault: (line: number, detail: string) => void
}

/** Reads when a to-do is due, and says what cannot be taken over of that. */
export function readDue({ due, start, duration }: DueProperties, context: DueContext): Due | null {
  const { addNote } = context
  if (due) {
    if (duration) addNote(duration.line, 'DURATION was left out: the VTODO has a DUE')
    if (start && !isSameTime(start, due)) addNote(start.line, NO_START)
    return toDue(due, context)
  }
  if (!start) {
    if (duration) addNote(duration.line, 'DURATION was left out: the VTODO has no DTSTART')
    return null
  }
  addNote(start.line, NO_START)
  if (!duration) return null
  const parsedDuration = parseDuration(duration.value.trim())
  const startDue = parsedDuration && toDue(start, context)
  const end = startDue && addDuration(startDue, parsedDuration)
  if (end) return end
  addNote(duration.line, 'DURATION was left out: it is not such as P1D or PT2H, or does not fit to DTSTART')
  return null
}

const NO_START = 'DTSTART was left out: a todo has no start, only a due date'

const isSameTime = (start: Property, due: Property) =>
  start.value === due.value && start.parameters.get('TZID') === due.parameters.get('TZID')

/** The due date of a property; null, with a fault, when the property has none. */
function toDue({ name, line, value, parameters }: Property, context: DueContext): Due | null {
  const { findZone, defaultZone, addNote, addFault } = context
  const time = parseTime(value)
  if (!time) {
    addFault(line, `${name} is no existing day or time; give one such as 20260329 or 20260329T090000`)
    return null
  }
  const { date, dateTime, isUtc } = time
  if (dateTime === undefined) return { date }
  if (isUtc) return { dateTime, timeZone: 'Etc/UTC' }
  const tzid = parameters.get('TZID')
  const zone = tzid === undefined ? undefined : findZone(tzid)
  if (zone !== undefined) return { dateTime, timeZone: zone }

  const problem = `${name} has ${tzid === undefined ? 'no time zone' : `the unknown time zone ${clip(tzid)}`}`
  if (defaultZone === undefined) {
    addNote(line, `${problem}; only the day was taken over. The parameter timeZone gives such times a zone`)
    return { date }
  }
  if (tzid !== undefined) addNote(line, `${problem}; the time was taken in ${defaultZone}`)
  return { dateTime, timeZone: defaultZone }
}

interface Duration {
  readonly days: number
  readonly seconds: number
}

const DURATION =
  /^\+?P(?!$)(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?!$)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$/i

/** Parses a duration that is not negative (section 3.3.6). */
function parseDuration(text: string): Duration | undefined {
  const match = DURATION.exec(text)
  if (!match) return undefined
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map(part => Number(part ?? 0))
  return { days: 7 * weeks + days, seconds: 3600 * hours + 60 * minutes + seconds }
}

const MS_PER_DAY = 86_400_000

/** Adds days by the calendar, then hours, minutes and seconds by time passed, as section 3.3.6 says. */
function addDuration(due: Due, { days, seconds }: Duration): Due | undefined {
  if ('date' in due) {
    const time = Date.parse(due.date) + days * MS_PER_DAY
    return seconds === 0 && isTimestamp(time) ? { date: toText(time).slice(0, 10) } : undefined
  }
  const { dateTime, timeZone } = due
  const local = Date.parse(`${dateTime}Z`) + days * MS_PER_DAY
  const end = seconds === 0 ? local : addSeconds(local, seconds, timeZone)
  return isTimestamp(end) ? { dateTime: toText(end), timeZone } : undefined
}

/** @param local what a clock shows, as if that were UTC */
function addSeconds(local: number, seconds: number, timeZone: string): number {
  const offsetAt = createOffsetLookup(timeZone)
  const instant = local - 1000 * offsetAt(local - 1000 * offsetAt(local)) + 1000 * seconds
  return instant + 1000 * offsetAt(instant)
}

const toText = (time: number) => new Date(time).toISOString().slice(0, 19)
