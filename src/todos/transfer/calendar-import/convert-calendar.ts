import { MAX_IMPORT_LINES } from '../../limits.ts'
import { createTurns } from '../../turns.ts'
import type { ImportLine } from '../import-line.ts'
import type { LineCheck } from '../import-lines.ts'
import type { Notes } from '../import-notes.ts'
import type { PlacementNote } from '../import-placements.ts'
import { toImportLine } from './calendar-todo.ts'
import { type RecurringTodo, readOccurrence } from './occurrences.ts'
import { lineError, readCalendarParts } from './parsing/components.ts'
import type { Property } from './parsing/properties.ts'
import { createReport } from './parsing/report.ts'
import { createTodoReader, type TodoComponent } from './parsing/todo-components.ts'
import { findListProperty, findParentProperty } from './placement.ts'
import { createZoneCollector, type TimeZoneLookup } from './time-zones.ts'
import { createTodoSource, type TodoSource } from './todo-source.ts'
import { toTodoId } from './uids.ts'

interface Conversion {
  readonly userId: string
  /** Checks the value of a line of an import. */
  readonly check: LineCheck
  /** The zone of times that name none. */
  readonly timeZone: string | undefined
  /** The list for all todos. */
  readonly listId: string | undefined
  readonly now: Date
}

/** What a line was made from, and the properties that name its list and its parent. */
interface Origin extends Pick<TodoComponent, 'line' | 'subject'> {
  readonly properties: Readonly<Record<PlacementNote['member'], Property | undefined>>
}

/**
 * Converts a calendar into the lines of an import.
 * @returns the lines; notes of what is not in them; and a function that says which place the todo of a line did not get
 * @throws {Problem} `validation_failed` with what is wrong in the file
 */
export async function convertCalendar(bytes: Buffer, { userId, check, timeZone, listId, now }: Conversion) {
  const findZone = await findTimeZones(bytes)
  const report = createReport()
  const readPart = createTodoReader(report, listId !== undefined)
  const toId = (uid: string) => toTodoId(userId, uid)
  const ids = new Set<string>()
  const texts: string[] = []
  const series = new Map<string, RecurringTodo & { readonly index: number }>()
  const origins: Origin[] = []
  const giveTurn = createTurns()

  function readTodo(component: TodoComponent): void {
    const defaultZone = timeZone ?? findZone(component.calendar.timeZone ?? '')
    const source = createTodoSource(component, { report, findZone, defaultZone, now })
    if (source.get('RECURRENCE-ID')) changeOccurrence(component, source)
    else addLine(component, source)
  }

  /** Adds the line of a VTODO, unless there is one with its id. */
  function addLine(component: TodoComponent, source: TodoSource): void {
    const line = toImportLine(component, source, { toId, listId, check })
    if (!line) return
    const { id } = line
    if (id !== undefined && ids.has(id)) {
      source.addNote(component.line, 'VTODO was left out: its UID has come before')
      return
    }
    if (id !== undefined) ids.add(id)
    if (id !== undefined && line.repeat && line.due)
      series.set(id, { component, line, start: line.due, index: texts.length })
    texts.push(toText(line))
    const properties = { listId: findListProperty(source), parentId: findParentProperty(source) }
    origins.push({ line: component.line, subject: component.subject, properties })
  }

  function changeOccurrence(component: TodoComponent, source: TodoSource): void {
    const todo = series.get(toId(component.subject.uid ?? ''))
    const line = readOccurrence(component, source, todo)
    if (todo && line) texts[todo.index] = toText(line)
  }

  let count = 0
  for await (const parts of readCalendarParts(bytes))
    for (const part of parts) {
      const component = readPart(part)
      if (!component) continue
      count += 1
      if (count > MAX_IMPORT_LINES)
        throw lineError(component.line, `VTODO is one too many; at most ${MAX_IMPORT_LINES} are taken`)
      readTodo(component)
      await giveTurn()
    }
  const notes = report.finish()
  return {
    text: texts.join(''),
    notes,
    notePlacement(placementNotes: Notes, { number, member, detail }: PlacementNote) {
      for (const { line, subject, properties } of origins.slice(number, number + 1)) {
        const property = properties[member] ?? { line, name: 'the parameter list' }
        placementNotes.add(property.line, `${property.name} was left out: it ${detail}`, subject)
      }
    }
  }
}

const toText = (line: ImportLine) => `${JSON.stringify(line)}\n`

/** Reads the descriptions of time zones, which may follow what refers to them. */
async function findTimeZones(bytes: Buffer): Promise<TimeZoneLookup> {
  const zones = createZoneCollector()
  for await (const parts of readCalendarParts(bytes)) for (const part of parts) zones.collect(part)
  return zones.find
}
