import { MAX_ERRORS, validationFailed } from '../../../../problems/problem.ts'
import { createNotes, type ImportNote, type Subject } from '../../import-notes.ts'
import { toLineFault } from './components.ts'

/** Collects what an import says of the lines of a calendar. */
export function createReport() {
  const notes = createNotes()
  const faults: { line: number; detail: string }[] = []

  /** @throws {Problem} `validation_failed` */
  function refuse(): never {
    throw validationFailed(
      ...faults.toSorted((a, b) => a.line - b.line).map(({ line, detail }) => toLineFault(line, detail))
    )
  }

  return {
    /** Says what is not taken over. */
    addNote: (line: number, detail: string, subject?: Subject): void => notes.add(line, detail, subject),

    /** Says what is wrong, for which nothing is imported. @throws {Problem} `validation_failed` when that is enough */
    addFault(line: number, detail: string): void {
      faults.push({ line, detail })
      if (faults.length === MAX_ERRORS) refuse()
    },

    /** @returns the notes @throws {Problem} `validation_failed` if anything is wrong */
    finish(): ImportNote[] {
      if (faults.length > 0) refuse()
      return notes.toList()
    }
  }
}

export type Report = ReturnType<typeof createReport>
