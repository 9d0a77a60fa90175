import { isDeepStrictEqual } from 'node:util'
import type { Priority } from '../../content/content.ts'
import { toDue } from '../../recurrence/series.ts'
import { LIST_PARAMETER, POSITION_PROPERTY } from '../calendar-import/placement.ts'
import { toUid } from '../calendar-import/uids.ts'
import type { CalendarZones } from './calendar-zones.ts'
import type { ExportedTodo } from './exported-todo.ts'
import type { JcalComponent, JcalProperty } from './jcal.ts'
import { toSeriesProperties, toTimeProperty } from './series-properties.ts'

const ICAL_PRIORITIES: Record<Exclude<Priority, 'none'>, number> = { low: 9, medium: 5, high: 1 }

/** Characters that a text may not contain (RFC 5545, section 3.3.11). */
const CONTROL_CHARACTERS = /(?![\t\n])\p{Cc}/gu

interface TodoContext {
  /** The name of a zone, if the calendar includes it. */
  readonly findZone: CalendarZones['find']
  /** The name of the list, if the to-do is to have it as a category. */
  readonly listName: string | undefined
}

/** A todo as a VTODO, followed by its present occurrence if that was moved (RFC 5545, section 3.8.4.4). */
export function toTodoComponents(todo: ExportedTodo, context: TodoContext): JcalComponent[] {
  const { due, repeat, series } = todo
  const { findZone } = context
  const dueProperties = due ? [toTimeProperty('due', due, findZone)] : []
  if (!repeat || !series) return [toComponent(todo, dueProperties, context)]
  const occurrence = toDue(series)
  const component = toComponent(todo, toSeriesProperties(repeat, series, findZone), context)
  if (isDeepStrictEqual(occurrence, due)) return [component]
  const moved = [toTimeProperty('recurrence-id', occurrence, findZone), ...dueProperties]
  return [component, toComponent(todo, moved, context)]
}

/** @param times the properties that say when the todo is due */
function toComponent(
  todo: ExportedTodo,
  times: readonly JcalProperty[],
  { listName }: TodoContext
): JcalComponent {
  const { id, title, description, done, priority, tags, position } = todo
  const { createdAt, updatedAt, completedAt, listId, parentId } = todo
  const properties: (JcalProperty | undefined)[] = [
    ['uid', {}, 'text', toUid(id)],
    ['dtstamp', {}, 'date-time', formatInstant(updatedAt)],
    ['created', {}, 'date-time', formatInstant(createdAt)],
    ['last-modified', {}, 'date-time', formatInstant(updatedAt)],
    ['summary', {}, 'text', sanitizeText(title)],
    description === null ? undefined : ['description', {}, 'text', sanitizeText(description)],
    ...times,
    priority === 'none' ? undefined : ['priority', {}, 'integer', ICAL_PRIORITIES[priority]],
    tags.length === 0 ? undefined : ['categories', {}, 'text', ...tags.map(sanitizeText)],
    listName === undefined
      ? undefined
      : ['categories', { [LIST_PARAMETER.toLowerCase()]: `${listId}` }, 'text', sanitizeText(listName)],
    parentId === null ? undefined : ['related-to', { reltype: 'PARENT' }, 'text', toUid(parentId)],
    ['status', {}, 'text', done ? 'COMPLETED' : 'NEEDS-ACTION'],
    ['percent-complete', {}, 'integer', done ? 100 : 0],
    completedAt === null ? undefined : ['completed', {}, 'date-time', formatInstant(completedAt)],
    [POSITION_PROPERTY.toLowerCase(), {}, 'unknown', position]
  ]
  return ['vtodo', properties.filter(property => property !== undefined), []]
}

/** To the second, the precision of a calendar. */
const formatInstant = (time: Date) => `${time.toISOString().slice(0, 19)}Z`

/** A text without what the standard does not allow. */
export const sanitizeText = (value: string): string =>
  value.replaceAll(/\r\n?/g, '\n').replaceAll(CONTROL_CHARACTERS, '')
