import type { Due } from '../../content/due.ts'
import { addDuration, parseDuration } from './durations.ts'
import { clip, type Property, parseTime } from './parsing/properties.ts'
import type { TodoSource } from './todo-source.ts'

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
  addNote(start.line, NO_START)
  if (!duration) return null
  const parsedDuration = parseDuration(duration.value.trim())
  const startDue = parsedDuration && toDue(start, source)
  const end = startDue && addDuration(startDue, parsedDuration)
  if (end) return end
  addNote(duration.line, 'DURATION was left out: it is not such as P1D or PT2H, or does not fit to DTSTART')
  return null
}

const NO_START = 'DTSTART was left out: a todo has no start, only a due date'

const isSameTime = (start: Property, due: Property) =>
  start.value === due.value && start.parameters.get('TZID') === due.parameters.get('TZID')

/** The due date of a property; null, with a fault, when the property has none. */
function toDue({ name, line, value, parameters }: Property, source: TodoSource): Due | null {
  const { findZone, defaultZone, addNote, addFault } = source
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
