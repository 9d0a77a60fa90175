import { isDeepStrictEqual } from 'node:util'
import type { Due } from '../../content/due.ts'
import { addDuration, parseDuration } from './durations.ts'
import { clip, type Property, parseTime } from './parsing/properties.ts'
import type { TodoSource, Zones } from './todo-source.ts'

/** Reads when a to-do is due, by DUE or by DTSTART and DURATION (RFC 5545, section 3.6.2), and says what cannot be taken over of that. */
export function readDue(source: TodoSource): Due | null {
  const { get, addNote } = source
  const [due, start, duration] = [get('DUE'), get('DTSTART'), get('DURATION')]
  if (due) {
    if (duration) addNote(duration.line, 'DURATION was left out: the VTODO has a DUE')
    if (start && !isSameTime(start, due)) addNote(start.line, NO_START)
    return toDue(due, source)
  }
  if (!start) {
    if (duration) addNote(duration.line, 'DURATION was left out: the VTODO has no DTSTART')
    return null
  }
  const parsedDuration = duration && parseDuration(duration.value.trim())
  const startDue = parsedDuration && toDue(start, source)
  const end = startDue && addDuration(startDue, parsedDuration)
  if (!isDeepStrictEqual(end, startDue) || !end) addNote(start.line, NO_START)
  if (end) return end
  if (!duration) return null
  addNote(duration.line, 'DURATION was left out: it is not such as P1D or PT2H, or does not fit to DTSTART')
  return null
}

const NO_START = 'DTSTART was left out: a todo has no start, only a due date'

const isSameTime = (start: Property, due: Property) =>
  start.value === due.value && start.parameters.get('TZID') === due.parameters.get('TZID')

/** How a time ends that is not in UTC. */
const LOCAL_TIME = /T\d{6}$/i

/** The due date of a property; null, with a fault, when the property has none. */
function toDue(property: Property, source: TodoSource): Due | null {
  const { name, line, parameters } = property
  const due = parseDue(property, source)
  if (!due) {
    source.addFault(line, `${name} is no existing day or time; give one such as 20260329 or 20260329T090000`)
    return null
  }
  const tzid = parameters.get('TZID')
  if (!LOCAL_TIME.test(property.value.trim()) || source.findZone(tzid ?? '') !== undefined) return due

  const problem = `${name} has ${tzid === undefined ? 'no time zone' : `the unknown time zone ${clip(tzid)}`}`
  if ('date' in due)
    source.addNote(
      line,
      `${problem}; only the day was taken over. The parameter timeZone gives such times a zone`
    )
  else if (tzid !== undefined) source.addNote(line, `${problem}; the time was taken in ${due.timeZone}`)
  return due
}

/** Reads a day or a time, without a word of what is wrong with it. */
export function parseDue({ value, parameters }: Property, { findZone, defaultZone }: Zones): Due | undefined {
  const time = parseTime(value)
  if (!time) return undefined
  const { date, dateTime, isUtc } = time
  if (dateTime === undefined) return { date }
  const timeZone = isUtc ? 'Etc/UTC' : (findZone(parameters.get('TZID') ?? '') ?? defaultZone)
  return timeZone === undefined ? { date } : { dateTime, timeZone }
}
