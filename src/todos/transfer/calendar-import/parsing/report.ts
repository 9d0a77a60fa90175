import { type Fault, MAX_ERRORS, validationFailed } from '../../../../problems/problem.ts'
import { MAX_IMPORT_NOTES } from '../../../limits.ts'
import { toLineFault } from './components.ts'

/** What was not taken over of a line. */
export interface ImportNote {
  /** Counted from 1, as editors do. */
  readonly line: number
  /** The UID of the component, if it has one. */
  readonly uid?: string
  readonly detail: string
}

/** The component that notes are about. Its UID may come after them. */
export interface Subject {
  uid?: string
}

/** Characters of a UID in a note. */
const MAX_UID = 255

/** Collects what an import says of the lines of a calendar. */
export function createReport() {
  const notes: { line: number; subject: Subject; detail: string }[] = []
  const faults: Fault[] = []
  let [omitted, firstOmitted] = [0, Number.POSITIVE_INFINITY]

  return {
    /** Says what is not taken over. */
    addNote(line: number, detail: string, subject: Subject = {}): void {
      if (notes.length < MAX_IMPORT_NOTES) notes.push({ line, subject, detail })
      else {
        omitted += 1
        firstOmitted = Math.min(firstOmitted, line)
      }
    },

    /** Says what is wrong, for which nothing is imported. @throws {Problem} `validation_failed` when that is enough */
    addFault(line: number, detail: string): void {
      faults.push(toLineFault(line, detail))
      if (faults.length === MAX_ERRORS) throw validationFailed(...faults)
    },

    /**
     * The notes in the order of their lines; the last one tells how many are left out.
     * @throws {Problem} `validation_failed` if anything is wrong
     */
    finish(): ImportNote[] {
      if (faults.length > 0) throw validationFailed(...faults)
      const sorted = notes.toSorted((a, b) => a.line - b.line).map(toImportNote)
      if (omitted > 0) sorted.push({ line: firstOmitted, detail: `and ${omitted} more notes from here on` })
      return sorted
    }
  }
}

export type Report = ReturnType<typeof createReport>

const toImportNote = ({
  line,
  subject: { uid },
  detail
}: {
  line: number
  subject: Subject
  detail: string
}) => ({
  line,
  ...(uid !== undefined && { uid: uid.slice(0, MAX_UID).toWellFormed() }),
  detail
})
