import ICAL from 'ical.js'
import { type Component, type Property, zoneComponent } from './calendar-zones.ts'
import type { Due } from './due.ts'
import { timeZoneNameOf } from './time-zones.ts'
import type { Priority, Todo } from './todo.ts'

// A line has at most 75 bytes (RFC 5545, section 3.1); the library does not count the space that a folded one begins with.
ICAL.foldLength = 74

const PRIORITIES: Record<Exclude<Priority, 'none'>, number> = { low: 9, medium: 5, high: 1 }

/** What a text may not contain (RFC 5545, section 3.3.11). */
const CONTROLS = /(?![\t\n])\p{Cc}/gu

/**
 * Todos as a calendar (iCalendar, RFC 5545) of VTODO components, a page at a time. Time zones come before their first use; a
 * calendar without todos has one, since it must have a component (section 3.6).
 * @param dues the due dates of all these todos, from which it is known beforehand what is needed of each zone
 */
export async function* calendarOf(
  pages: AsyncIterable<Todo[]>,
  dues: AsyncIterable<Due[]>
): AsyncGenerator<string> {
  const end = 'END:VCALENDAR\r\n'
  const properties: Property[] = [
    ['version', {}, 'text', '2.0'],
    ['prodid', {}, 'text', '-//Latchkey//Todos//EN']
  ]
  const zones = await zonesOf(dues)
  yield written(['vcalendar', properties, []]).slice(0, -end.length)
  let isEmpty = true
  for await (const todos of pages) {
    let text = ''
    for (const todo of todos) text += await writtenTodo(todo, zones)
    yield text
    isEmpty = false
  }
  if (isEmpty) yield written((await zoneComponent('Etc/UTC', [1970])) as Component)
  yield end
}

/** A time zone that todos refer to, in some years. */
interface Zone {
  readonly name: string
  readonly years: Set<number>
  /** Whether the calendar has it, once it was looked for: the platform may not know it. */
  isThere?: boolean
}

/** By their names, as the IANA database writes them. */
type Zones = Map<string, Zone>

async function zonesOf(dues: AsyncIterable<Due[]>): Promise<Zones> {
  const zones: Zones = new Map()
  for await (const page of dues) for (const due of page) zoneOf(due, zones)
  return zones
}

/** The zone of a due date, of which the year is wanted from now on. */
function zoneOf(due: Due | null, zones: Zones): Zone | undefined {
  if (!due || 'date' in due) return undefined
  const name = timeZoneNameOf(due.timeZone) ?? due.timeZone
  const zone = zones.get(name) ?? { name, years: new Set() }
  zone.years.add(Number(due.dateTime.slice(0, 4)))
  zones.set(name, zone)
  return zone
}

/** The todo, after the time zone that it refers to, if that was not among the ones before. */
async function writtenTodo(todo: Todo, zones: Zones): Promise<string> {
  const zone = zoneOf(todo.due, zones)
  let text = ''
  if (zone && zone.isThere === undefined) {
    const component = await zoneComponent(zone.name, zone.years)
    zone.isThere = component !== undefined
    if (component) text = written(component)
  }
  return text + written(todoComponent(todo, zone?.isThere ? zone.name : undefined))
}

function todoComponent(todo: Todo, zone?: string): Component {
  const { id, title, description, done, due, priority, tags, createdAt, updatedAt, completedAt } = todo
  const properties: (Property | undefined)[] = [
    ['uid', {}, 'text', `${id}@latchkey`],
    ['dtstamp', {}, 'date-time', instant(updatedAt)],
    ['created', {}, 'date-time', instant(createdAt)],
    ['last-modified', {}, 'date-time', instant(updatedAt)],
    ['summary', {}, 'text', text(title)],
    description === null ? undefined : ['description', {}, 'text', text(description)],
    due === null ? undefined : dueProperty(due, zone),
    priority === 'none' ? undefined : ['priority', {}, 'integer', PRIORITIES[priority]],
    tags.length === 0 ? undefined : ['categories', {}, 'text', ...tags.map(text)],
    ['status', {}, 'text', done ? 'COMPLETED' : 'NEEDS-ACTION'],
    ['percent-complete', {}, 'integer', done ? 100 : 0],
    completedAt === null ? undefined : ['completed', {}, 'date-time', instant(completedAt)]
  ]
  return ['vtodo', properties.filter(property => property !== undefined), []]
}

/** As it was given; of a zone that no rules are known of, the time alone. */
function dueProperty(due: Due, zone: string | undefined): Property {
  if ('date' in due) return ['due', {}, 'date', due.date]
  return ['due', zone === undefined ? {} : { tzid: zone }, 'date-time', due.dateTime]
}

/** To the second: a calendar knows no less. */
const instant = (time: Date) => `${time.toISOString().slice(0, 19)}Z`

const text = (value: string) => value.replaceAll(/\r\n?/g, '\n').replaceAll(CONTROLS, '')

const written = (component: Component) => `${ICAL.stringify.component(component, ICAL.design.icalendar)}\r\n`
