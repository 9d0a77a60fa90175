import type { Subject } from '../../import-notes.ts'
import type { CalendarPart } from './components.ts'
import { clip, decodeText, type Property } from './properties.ts'
import type { Report } from './report.ts'

/** What a calendar says of itself. */
export interface CalendarProperties {
  timeZone?: string
}

/** A VTODO, with the properties of which something becomes part of a todo. */
export interface TodoComponent {
  readonly calendar: Readonly<CalendarProperties>
  /** Where it begins. */
  readonly line: number
  readonly subject: Subject
  readonly properties: ReadonlyMap<string, readonly Property[]>
}

const CALENDAR = 'VCALENDAR'
const TODO = 'VCALENDAR/VTODO'
const TIME_ZONE = 'VCALENDAR/VTIMEZONE'

/** The properties of a VTODO that are read, and how often one may come. */
const READ_PROPERTIES = new Map<string, number>([
  ...[
    'COMPLETED',
    'CREATED',
    'DESCRIPTION',
    'DTSTART',
    'DUE',
    'DURATION',
    'LAST-MODIFIED',
    'PERCENT-COMPLETE',
    'PRIORITY',
    'RECURRENCE-ID',
    'RRULE',
    'STATUS',
    'STYLED-DESCRIPTION',
    'SUMMARY',
    'UID',
    'X-ALT-DESC',
    'X-LATCHKEY-POSITION'
  ].map(name => [name, 1] as const),
  ['CATEGORIES', 100],
  ['RELATED-TO', 100]
])

/** Properties that say nothing that is lost: of the file, or what is so without them. */
const SILENT_PROPERTIES: Readonly<Record<string, readonly string[] | 'any'>> = {
  CLASS: ['PUBLIC'],
  DTSTAMP: 'any',
  SEQUENCE: ['0']
}
const SILENT_CALENDAR_PROPERTIES: Readonly<Record<string, readonly string[] | 'any'>> = {
  CALSCALE: ['GREGORIAN'],
  'LAST-MODIFIED': 'any',
  METHOD: ['PUBLISH'],
  PRODID: 'any',
  'REFRESH-INTERVAL': 'any',
  SOURCE: 'any',
  UID: 'any',
  URL: 'any',
  VERSION: ['2.0'],
  'X-PUBLISHED-TTL': 'any',
  'X-WR-RELCALID': 'any'
}

/**
 * Collects the VTODOs of calendars, and says what else there is.
 * @param isListKnown whether the request names the list of the todos
 * @returns a function that takes part after part
 */
export function createTodoReader(report: Report, isListKnown: boolean) {
  let calendar: CalendarProperties = {}
  let subject: Subject = {}
  let line = 0
  let hasFault = false
  let properties = new Map<string, Property[]>()

  function readTodoProperty(property: Property) {
    const { name, fault } = property
    const max = READ_PROPERTIES.get(name)
    if (name === '' || (max !== undefined && fault)) {
      hasFault = true
      report.addFault(property.line, `${name || 'this'} ${fault}`)
    } else if (max === undefined) noteUnlessSilent(property, SILENT_PROPERTIES, subject)
    else if ((properties.get(name)?.length ?? 0) === max)
      report.addNote(property.line, `${name} was left out: it comes too often`, subject)
    else properties.set(name, [...(properties.get(name) ?? []), property])
    readUid(property)
  }

  function readUid({ name, value }: Property) {
    if (name === 'UID' && value !== '') subject.uid ??= decodeText(value).trim()
  }

  function readCalendarProperty(property: Property) {
    const { name, line } = property
    const value = decodeText(property.value).trim()
    if (name === 'X-WR-TIMEZONE' || name === 'TIMEZONE-ID') calendar.timeZone ??= value
    else if (name === 'VERSION' && value !== '2.0')
      report.addFault(line, `VERSION is ${clip(value)}; give a calendar of version 2.0 (iCalendar)`)
    else if (name === 'CALSCALE' && value.toUpperCase() !== 'GREGORIAN')
      report.addFault(line, `CALSCALE is ${clip(value)}; give dates of the Gregorian calendar`)
    else if (name === 'NAME' || name === 'X-WR-CALNAME') {
      if (!isListKnown)
        report.addNote(line, `${name} was left out: the parameter list puts the todos into a list`)
    } else noteUnlessSilent(property, SILENT_CALENDAR_PROPERTIES)
  }

  function noteUnlessSilent(
    { line, name, value }: Property,
    silent: typeof SILENT_PROPERTIES,
    subject?: Subject
  ) {
    const values = Object.hasOwn(silent, name) ? silent[name] : undefined
    if (values === 'any' || values?.includes(value.trim().toUpperCase())) return
    const what = subject ? 'todo' : 'calendar'
    report.addNote(
      line,
      `${clip(name) || 'the line'} was left out: a ${what} here has nothing like it`,
      subject
    )
  }

  /** @returns a VTODO at its end, unless it has a fault */
  return function readPart(part: CalendarPart): TodoComponent | undefined {
    const { kind, path, property } = part
    if (path === TIME_ZONE || path.startsWith(`${TIME_ZONE}/`)) return undefined
    if (path === CALENDAR && kind === 'begin') calendar = {}
    if (kind === 'property' && (property.value.trim() !== '' || property.fault)) {
      if (path === CALENDAR) readCalendarProperty(property)
      else if (path === TODO) readTodoProperty(property)
      else if (isSkipped(path)) readUid(property)
    }
    if (kind === 'begin') beginComponent(part)
    return kind === 'end' && path === TODO && !hasFault ? { calendar, line, subject, properties } : undefined
  }

  function beginComponent({ path, property: { line: first } }: CalendarPart) {
    const component = path.slice(path.lastIndexOf('/') + 1)
    if (path === TODO) [line, subject, properties, hasFault] = [first, {}, new Map(), false]
    else if (isSkipped(path)) {
      subject = {}
      report.addNote(first, `${component} was left out: only VTODO becomes a todo`, subject)
    } else if (path === `${TODO}/${component}`)
      report.addNote(first, `${component} was left out: a todo here has nothing like it`, subject)
  }
}

/** Whether a path is that of a component of a calendar, but none that is read. */
const isSkipped = (path: string) => path !== TODO && path.split('/').length === 2
