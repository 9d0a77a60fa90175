import type { Property } from './parsing/properties.ts'
import type { Report } from './parsing/report.ts'
import type { TodoComponent } from './parsing/todo-components.ts'
import type { TimeZoneLookup } from './time-zones.ts'

/** The time zones of a calendar. */
export interface Zones {
  readonly findZone: TimeZoneLookup
  /** The zone of times that name none, or an unknown one. */
  readonly defaultZone: string | undefined
}

/** The properties of a VTODO, and what is said of them. */
export interface TodoSource extends Zones {
  /** The time of the import. */
  readonly now: Date
  readonly get: (name: string) => Property | undefined
  readonly getAll: (name: string) => readonly Property[]
  readonly addNote: (line: number, detail: string) => void
  readonly addFault: (line: number, detail: string) => void
}

/** Reads a VTODO property by property. Its notes name its UID. */
export function createTodoSource(
  { properties, subject }: TodoComponent,
  { report, ...context }: Zones & { readonly now: Date; readonly report: Report }
): TodoSource {
  const getAll = (name: string) => properties.get(name) ?? []
  return {
    ...context,
    get: name => getAll(name)[0],
    getAll,
    addNote: (line, detail) => report.addNote(line, detail, subject),
    addFault: report.addFault
  }
}
