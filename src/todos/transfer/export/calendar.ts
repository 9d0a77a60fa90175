import ICAL from 'ical.js'
import { findTimeZoneName } from '../../../time/time-zones.ts'
import type { Priority } from '../../content/content.ts'
import type { Due } from '../../content/due.ts'
import type { Repeat } from '../../content/repeat.ts'
import type { Todo } from '../../todo.ts'
import { LIST_PARAMETER } from '../calendar-import/placement.ts'
import { FROM_PARAMETER } from '../calendar-import/repeat.ts'
import { toUid } from '../calendar-import/uids.ts'
import { createTimeZoneComponent, type JcalComponent, type JcalProperty } from './calendar-time-zones.ts'

// A line has at most 75 bytes (RFC 5545, section 3.1). The library does not count the space at the start of a folded line.
ICAL.foldLength = 74

const ICAL_PRIORITIES: Record<Exclude<Priority, 'none'>, number> = { low: 9, medium: 5, high: 1 }

/** Characters that a text may not contain (RFC 5545, section 3.3.11). */
const CONTROL_CHARACTERS = /(?![\t\n])\p{Cc}/gu

/**
 * Writes todos as a calendar (iCalendar, RFC 5545) of VTODO components, a page at a time. A time zone comes before its first
 * use. A calendar must have a component (section 3.6), so one without todos has a time zone.
 * @param dues the due dates of all these todos, from which each zone learns the years it must cover
 */
export async function* toCalendar(
  pages: AsyncIterable<Todo[]>,
  dues: AsyncIterable<Due[]>,
  { name, listNames = new Map() }: CalendarLists = {}
): AsyncGenerator<string> {
  const end = 'END:VCALENDAR\r\n'
  const properties: JcalProperty[] = [
    ['version', {}, 'text', '2.0'],
    ['prodid', {}, 'text', '-//Latchkey//Todos//EN'],
    ...(name === undefined ? [] : toNameProperties(name))
  ]
  const zones = await collectZones(dues)
  yield serialize(['vcalendar', properties, []]).slice(0, -end.length)
  let isEmpty = true
  for await (const todos of pages) {
    let text = ''
    for (const todo of todos) text += await serializeTodo(todo, zones, listNames)
    yield text
    isEmpty = false
  }
  if (isEmpty) yield serialize((await createTimeZoneComponent('Etc/UTC', [1970])) as JcalComponent)
  yield end
}

/** What a calendar tells of lists. */
export interface CalendarLists {
  /** The name of the calendar. */
  readonly name?: string | undefined
  /** The names of lists by their ids: each todo of such a list has it as a category. */
  readonly listNames?: ReadonlyMap<string, string>
}

/** The name of a calendar, as the standard has it (RFC 7986, section 5.1), and as most programs do. */
function toNameProperties(name: string): JcalProperty[] {
  // The library knows neither, so it would write their type beside them.
  const text = sanitizeText(name).replaceAll(/[\\;,]/g, '\\$&')
  return ['name', 'x-wr-calname'].map((property): JcalProperty => [property, {}, 'unknown', text])
}

/** A time zone that todos refer to, in some years. */
interface Zone {
  readonly name: string
  readonly years: Set<number>
  /** Whether the calendar includes the zone, which the platform may not know; undefined before its first use. */
  isIncluded?: boolean
}

/** Zones by their names in the IANA database. */
type Zones = Map<string, Zone>

async function collectZones(dues: AsyncIterable<Due[]>): Promise<Zones> {
  const zones: Zones = new Map()
  for await (const page of dues) for (const due of page) addZone(due, zones)
  return zones
}

/** Adds the year of a due date to its zone. @returns the zone */
function addZone(due: Due | null, zones: Zones): Zone | undefined {
  if (!due || 'date' in due) return undefined
  const name = findTimeZoneName(due.timeZone) ?? due.timeZone
  const zone = zones.get(name) ?? { name, years: new Set() }
  zone.years.add(Number(due.dateTime.slice(0, 4)))
  zones.set(name, zone)
  return zone
}

/** Writes a todo, preceded by its time zone at the first use. */
async function serializeTodo(
  todo: Todo,
  zones: Zones,
  listNames: ReadonlyMap<string, string>
): Promise<string> {
  const zone = addZone(todo.due, zones)
  let text = ''
  if (zone && zone.isIncluded === undefined) {
    const component = await createTimeZoneComponent(zone.name, zone.years)
    zone.isIncluded = component !== undefined
    if (component) text = serialize(component)
  }
  const listName = listNames.get(todo.listId ?? '')
  return text + serialize(toTodoComponent(todo, { zone: zone?.isIncluded ? zone.name : undefined, listName }))
}

interface TodoContext {
  readonly zone: string | undefined
  readonly listName: string | undefined
}

function toTodoComponent(todo: Todo, { zone, listName }: TodoContext): JcalComponent {
  const { id, title, description, done, due, priority, tags, createdAt, updatedAt, completedAt } = todo
  const { listId, parentId, repeat } = todo
  const properties: (JcalProperty | undefined)[] = [
    ['uid', {}, 'text', toUid(id)],
    ['dtstamp', {}, 'date-time', formatInstant(updatedAt)],
    ['created', {}, 'date-time', formatInstant(createdAt)],
    ['last-modified', {}, 'date-time', formatInstant(updatedAt)],
    ['summary', {}, 'text', sanitizeText(title)],
    description === null ? undefined : ['description', {}, 'text', sanitizeText(description)],
    // What recurs needs a start (RFC 5545, section 3.8.2.4).
    due && repeat ? toTimeProperty('dtstart', due, zone) : undefined,
    due ? toTimeProperty('due', due, zone) : undefined,
    repeat ? toRuleProperty(repeat) : undefined,
    priority === 'none' ? undefined : ['priority', {}, 'integer', ICAL_PRIORITIES[priority]],
    tags.length === 0 ? undefined : ['categories', {}, 'text', ...tags.map(sanitizeText)],
    listName === undefined
      ? undefined
      : ['categories', { [LIST_PARAMETER.toLowerCase()]: `${listId}` }, 'text', sanitizeText(listName)],
    parentId === null ? undefined : ['related-to', { reltype: 'PARENT' }, 'text', toUid(parentId)],
    ['status', {}, 'text', done ? 'COMPLETED' : 'NEEDS-ACTION'],
    ['percent-complete', {}, 'integer', done ? 100 : 0],
    completedAt === null ? undefined : ['completed', {}, 'date-time', formatInstant(completedAt)]
  ]
  return ['vtodo', properties.filter(property => property !== undefined), []]
}

/** A recurrence rule, and whether it is counted from the day of completion, which the standard cannot say. */
function toRuleProperty({ rule, from }: Repeat): JcalProperty {
  const [name, , type, ...values] = ICAL.parse.property(`RRULE:${rule}`) as JcalProperty
  return [name, from === 'due' ? {} : { [FROM_PARAMETER.toLowerCase()]: from.toUpperCase() }, type, ...values]
}

/** The due date as received; without the zone if its rules are unknown. */
function toTimeProperty(name: 'dtstart' | 'due', due: Due, zone: string | undefined): JcalProperty {
  if ('date' in due) return [name, {}, 'date', due.date]
  return [name, zone === undefined ? {} : { tzid: zone }, 'date-time', due.dateTime]
}

/** To the second, the precision of a calendar. */
const formatInstant = (time: Date) => `${time.toISOString().slice(0, 19)}Z`

const sanitizeText = (value: string) => value.replaceAll(/\r\n?/g, '\n').replaceAll(CONTROL_CHARACTERS, '')

const serialize = (component: JcalComponent) =>
  `${ICAL.stringify.component(component, ICAL.design.icalendar)}\r\n`
