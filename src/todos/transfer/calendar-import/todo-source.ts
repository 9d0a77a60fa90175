import type { Property } from './properties.ts'
import type { Report } from './report.ts'
import type { TodoComponent } from './todo-components.ts'

/** The properties of a VTODO, and what is said of them. */
export interface TodoSource {
  readonly get: (name: string) => Property | undefined
  readonly getAll: (name: string) => readonly Property[]
  readonly addNote: (line: number, detail: string) => void
  readonly addFault: (line: number, detail: string) => void
}

/** Reads a VTODO property by property. Its notes name its UID. */
export function createTodoSource({ properties, subject }: TodoComponent, report: Report): TodoSource {
  const getAll = (name: string) => properties.get(name) ?? []
  return {
    get: name => getAll(name)[0],
    getAll,
    addNote: (line, detail) => report.addNote(line, detail, subject),
    addFault: report.addFault
  }
}
