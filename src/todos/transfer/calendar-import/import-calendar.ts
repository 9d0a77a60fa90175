import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Store } from '../../../db/store.ts'
import type { IdempotentResult } from '../../../idempotency/idempotency.ts'
import { MAX_IMPORT_LINES } from '../../limits.ts'
import { type ImportRequest, type ImportResult, importTodos } from '../import.ts'
import { createLineId } from '../import-ids.ts'
import type { LineCheck } from '../import-lines.ts'
import { toImportLine } from './calendar-todo.ts'
import { lineError, readCalendarParts } from './parsing/components.ts'
import { createReport, type ImportNote } from './parsing/report.ts'
import { createTodoReader } from './parsing/todo-components.ts'
import { createZoneCollector, type TimeZoneLookup } from './time-zones.ts'

/** An import of a calendar that takes effect once. */
export interface CalendarImportRequest extends Omit<ImportRequest, 'text'> {
  readonly bytes: Buffer
  /** The zone of times that name none. */
  readonly timeZone: string | undefined
}

export interface CalendarImportResult extends ImportResult {
  /** What was not taken over. */
  readonly notes: readonly ImportNote[]
}

/**
 * Creates the todos of the VTODOs of a file (iCalendar, RFC 5545). The id of a todo is made from its UID, so an import can be
 * repeated.
 * @throws {Problem} `validation_failed` with what is wrong in the file, before the first write
 * @throws {Problem} as `importTodos` does
 * @throws {StatementError}
 */
export async function importCalendar(
  store: Store,
  { bytes, timeZone, ...request }: CalendarImportRequest
): Promise<IdempotentResult<CalendarImportResult>> {
  const { text, notes } = await convertCalendar(bytes, { ...request, timeZone })
  const { answer, isReplay } = await importTodos(store, { ...request, text })
  return { answer: { ...answer, notes }, isReplay }
}

interface Conversion {
  readonly userId: string
  readonly check: LineCheck
  readonly timeZone: string | undefined
}

/** Converts a calendar into the lines of an import, and notes of what is not in these. */
async function convertCalendar(bytes: Buffer, { userId, check, timeZone }: Conversion) {
  const findZone = await findTimeZones(bytes)
  const report = createReport()
  const readPart = createTodoReader(report)
  const toId = (uid: string) => toTodoId(userId, uid)
  const ids = new Set<string>()
  const texts: string[] = []
  let count = 0
  for await (const parts of readCalendarParts(bytes)) {
    for (const part of parts) {
      const component = readPart(part)
      if (!component) continue
      count += 1
      if (count > MAX_IMPORT_LINES)
        throw lineError(component.line, `VTODO is one too many; at most ${MAX_IMPORT_LINES} are taken`)
      const defaultZone = timeZone ?? findZone(component.calendar.timeZone ?? '')
      const line = toImportLine(component, { report, findZone, defaultZone, toId, check })
      if (!line) continue
      if (line.id !== undefined && ids.has(line.id)) {
        report.addNote(component.line, 'VTODO was left out: its UID has come before', component.subject)
        continue
      }
      if (line.id !== undefined) ids.add(line.id)
      texts.push(`${JSON.stringify(line)}\n`)
      // The search for the first day of a rule may take a few milliseconds.
      if (component.properties.has('RRULE')) await nextTurn()
    }
  }
  const notes = report.finish()
  return { text: texts.join(''), notes }
}

/** Reads the descriptions of time zones, which may follow what refers to them. */
async function findTimeZones(bytes: Buffer): Promise<TimeZoneLookup> {
  const zones = createZoneCollector()
  for await (const parts of readCalendarParts(bytes)) for (const part of parts) zones.collect(part)
  return zones.find
}

/** A UID of our own export. */
const OWN_UID = /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})@latchkey$/i

/** The id of the todo of a UID: that of a todo that was exported, or one made from the UID. */
function toTodoId(userId: string, uid: string): string {
  const [, id] = OWN_UID.exec(uid) ?? []
  return id?.toLowerCase() ?? createLineId('calendar', userId, uid)
}
