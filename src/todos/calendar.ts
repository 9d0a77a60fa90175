import ICAL from 'ical.js'
import { type Component, type Property, timeZoneOf } from './calendar-zones.ts'
import type { Due } from './due.ts'
import type { Priority, Todo } from './todo.ts'

// A line has at most 75 bytes (RFC 5545, section 3.1); the library does not count the space that a folded one begins with.
ICAL.foldLength = 74

const PRIORITIES: Record<Exclude<Priority, 'none'>, number> = { low: 9, medium: 5, high: 1 }

/** What a text may not contain (RFC 5545, section 3.3.11). */
const CONTROLS = /(?![\t\n])\p{Cc}/gu

/** Todos as a calendar (iCalendar, RFC 5545) of VTODO components, a page at a time. */
export async function* calendarOf(pages: AsyncIterable<Todo[]>): AsyncGenerator<string> {
  const end = 'END:VCALENDAR\r\n'
  const properties: Property[] = [
    ['version', {}, 'text', '2.0'],
    ['prodid', {}, 'text', '-//Latchkey//Todos//EN']
  ]
  yield written(['vcalendar', properties, []]).slice(0, -end.length)
  const zones = new Set<string>()
  for await (const todos of pages)
    yield todos
      .flatMap(todo => componentsOf(todo, zones))
      .map(written)
      .join('')
  yield end
}

/** The todo, after the time zone that it refers to, if that was not among the ones before. */
function componentsOf(todo: Todo, zones: Set<string>): Component[] {
  const name = todo.due && 'timeZone' in todo.due ? todo.due.timeZone : undefined
  const zone = name === undefined ? undefined : timeZoneOf(name)
  const component = todoComponent(todo, zone?.name)
  if (!zone || zones.has(zone.name)) return [component]
  zones.add(zone.name)
  return [zone.component, component]
}

function todoComponent(todo: Todo, zone: string | undefined): Component {
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
