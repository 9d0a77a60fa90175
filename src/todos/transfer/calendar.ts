import ICAL from 'ical.js'
import { findTimeZoneName } from '../../time/time-zones.ts'
import type { Priority } from '../content/content.ts'
import type { Due } from '../content/due.ts'
import type { Todo } from '../todo.ts'
import { createTimeZoneComponent, type JcalComponent, type JcalProperty } from './calendar-time-zones.ts'

// A line has at most 75 bytes (RFC 5545, section 3.1); the library does not count the space that a folded one begins with.
ICAL.foldLength = 74

const ICAL_PRIORITIES: Record<Exclude<Priority, 'none'>, number> = { low: 9, medium: 5, high: 1 }

/** What a text may not contain (RFC 5545, section 3.3.11). */
const CONTROL_CHARACTERS = /(?![\t\n])\p{Cc}/gu

/**
 * Todos as a calendar (iCalendar, RFC 5545) of VTODO components, a page at a time. Time zones come before their first use; a
 * calendar without todos has one, since it must have a component (section 3.6).
 * @param dues the due dates of all these todos, from which it is known beforehand what is needed of each zone
 */
export async function* toCalendar(
  pages: AsyncIterable<Todo[]>,
  dues: AsyncIterable<Due[]>
): AsyncGenerator<string> {
  const end = 'END:VCALENDAR\r\n'
  const properties: JcalProperty[] = [
    ['version', {}, 'text', '2.0'],
    ['prodid', {}, 'text', '-//Latchkey//Todos//EN']
  ]
  const zones = await collectZones(dues)
  yield serialize(['vcalendar', properties, []]).slice(0, -end.length)
  let isEmpty = true
  for await (const todos of pages) {
    let text = ''
    for (const todo of todos) text += await serializeTodo(todo, zones)
    yield text
    isEmpty = false
  }
  if (isEmpty) yield serialize((await createTimeZoneComponent('Etc/UTC', [1970])) as JcalComponent)
  yield end
}

/** A time zone that todos refer to, in some years. */
interface Zone {
  readonly name: string
  readonly years: Set<number>
  /** Whether the calendar has it, once it was looked for: the platform may not know it. */
  isIncluded?: boolean
}

/** By their names, as the IANA database writes them. */
type Zones = Map<string, Zone>

async function collectZones(dues: AsyncIterable<Due[]>): Promise<Zones> {
  const zones: Zones = new Map()
  for await (const page of dues) for (const due of page) addZone(due, zones)
  return zones
}

/** The zone of a due date, of which the year is wanted from now on. */
function addZone(due: Due | null, zones: Zones): Zone | undefined {
  if (!due || 'date' in due) return undefined
  const name = findTimeZoneName(due.timeZone) ?? due.timeZone
  const zone = zones.get(name) ?? { name, years: new Set() }
  zone.years.add(Number(due.dateTime.slice(0, 4)))
  zones.set(name, zone)
  return zone
}

/** The todo, after the time zone that it refers to, if that was not among the ones before. */
async function serializeTodo(todo: Todo, zones: Zones): Promise<string> {
  const zone = addZone(todo.due, zones)
  let text = ''
  if (zone && zone.isIncluded === undefined) {
    const component = await createTimeZoneComponent(zone.name, zone.years)
    zone.isIncluded = component !== undefined
    if (component) text = serialize(component)
  }
  return text + serialize(toTodoComponent(todo, zone?.isIncluded ? zone.name : undefined))
}

function toTodoComponent(todo: Todo, zone?: string): JcalComponent {
  const { id, title, description, done, due, priority, tags, createdAt, updatedAt, completedAt } = todo
  const properties: (JcalProperty | undefined)[] = [
    ['uid', {}, 'text', `${id}@latchkey`],
    ['dtstamp', {}, 'date-time', formatInstant(updatedAt)],
    ['created', {}, 'date-time', formatInstant(createdAt)],
    ['last-modified', {}, 'date-time', formatInstant(updatedAt)],
    ['summary', {}, 'text', sanitizeText(title)],
    description === null ? undefined : ['description', {}, 'text', sanitizeText(description)],
    due === null ? undefined : toDueProperty(due, zone),
    priority === 'none' ? undefined : ['priority', {}, 'integer', ICAL_PRIORITIES[priority]],
    tags.length === 0 ? undefined : ['categories', {}, 'text', ...tags.map(sanitizeText)],
    ['status', {}, 'text', done ? 'COMPLETED' : 'NEEDS-ACTION'],
    ['percent-complete', {}, 'integer', done ? 100 : 0],
    completedAt === null ? undefined : ['completed', {}, 'date-time', formatInstant(completedAt)]
  ]
  return ['vtodo', properties.filter(property => property !== undefined), []]
}

/** As it was given; of a zone that no rules are known of, the time alone. */
function toDueProperty(due: Due, zone: string | undefined): JcalProperty {
  if ('date' in due) return ['due', {}, 'date', due.date]
  return ['due', zone === undefined ? {} : { tzid: zone }, 'date-time', due.dateTime]
}

/** To the second: a calendar knows no less. */
const formatInstant = (time: Date) => `${time.toISOString().slice(0, 19)}Z`

const sanitizeText = (value: string) => value.replaceAll(/\r\n?/g, '\n').replaceAll(CONTROL_CHARACTERS, '')

const serialize = (component: JcalComponent) =>
  `${ICAL.stringify.component(component, ICAL.design.icalendar)}\r\n`
