import ICAL from 'ical.js'
import { createTimeZoneComponent } from './calendar-time-zones.ts'
import { createCalendarZones, type DueTimes } from './calendar-zones.ts'
import type { ExportedTodo } from './exported-todo.ts'
import type { JcalComponent, JcalProperty } from './jcal.ts'
import { sanitizeText, toTodoComponents } from './todo-components.ts'

// A line has at most 75 bytes (RFC 5545, section 3.1). The library does not count the space at the start of a folded line.
ICAL.foldLength = 74

/**
 * Writes todos as a calendar (iCalendar, RFC 5545) of VTODO components, a page at a time. A time zone comes before its first
 * use. A calendar must have a component (section 3.6), so one without todos has a time zone.
 * @param dues when all these todos are due, from which each zone learns the years it must cover
 */
export async function* toCalendar(
  pages: AsyncIterable<ExportedTodo[]>,
  dues: AsyncIterable<DueTimes[]>,
  { name, listNames = new Map() }: CalendarLists = {}
): AsyncGenerator<string> {
  const end = 'END:VCALENDAR\r\n'
  const properties: JcalProperty[] = [
    ['version', {}, 'text', '2.0'],
    ['prodid', {}, 'text', '-//Latchkey//Todos//EN'],
    ...(name === undefined ? [] : toNameProperties(name))
  ]
  const zones = createCalendarZones()
  for await (const page of dues) page.forEach(zones.add)
  yield serialize(['vcalendar', properties, []]).slice(0, -end.length)
  let isEmpty = true
  for await (const todos of pages) {
    let text = ''
    for (const todo of todos) {
      const listName = listNames.get(todo.listId ?? '')
      const zoneComponents = await zones.include(todo)
      const todoComponents = toTodoComponents(todo, { findZone: zones.find, listName })
      text += [...zoneComponents, ...todoComponents].map(serialize).join('')
    }
    yield text
    isEmpty = false
  }
  if (isEmpty) yield serialize((await createTimeZoneComponent('Etc/UTC', ONE_YEAR)) as JcalComponent)
  yield end
}

const ONE_YEAR = { years: [1970], endlessFrom: undefined }

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

const serialize = (component: JcalComponent) =>
  `${ICAL.stringify.component(component, ICAL.design.icalendar)}\r\n`
