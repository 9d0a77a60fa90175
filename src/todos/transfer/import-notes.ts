import { MAX_IMPORT_NOTES } from '../limits.ts'

/** What was not taken over of a line. */
export interface ImportNote {
  /** Counted from 1, as editors do. */
  readonly line: number
  /** The UID of the component of a calendar, if it has one. */
  readonly uid?: string
  readonly detail: string
}

/** The component of a calendar that notes are about. Its UID may come after them. */
export interface Subject {
  uid?: string
}

/** Characters of a UID in a note. */
const MAX_UID = 255

interface CollectedNote {
  readonly line: number
  readonly detail: string
  readonly subject: Subject
}

/** Collects notes, no more than there may be in an answer. */
export function createNotes() {
  const notes: CollectedNote[] = []
  let [omitted, firstOmitted] = [0, Number.POSITIVE_INFINITY]

  return {
    add(line: number, detail: string, subject: Subject = {}): void {
      if (notes.length < MAX_IMPORT_NOTES) notes.push({ line, subject, detail })
      else {
        omitted += 1
        firstOmitted = Math.min(firstOmitted, line)
      }
    },

    /** The notes in the order of their lines; the last one tells how many are left out. */
    toList(): ImportNote[] {
      const list = notes.map(toImportNote).toSorted(compareLines)
      return omitted > 0
        ? [...list, { line: firstOmitted, detail: `and ${omitted} more notes from here on` }]
        : list
    }
  }
}

export type Notes = ReturnType<typeof createNotes>

export const compareLines = (a: ImportNote, b: ImportNote): number => a.line - b.line

const toImportNote = ({ line, subject: { uid }, detail }: CollectedNote): ImportNote => ({
  line,
  ...(uid !== undefined && { uid: uid.slice(0, MAX_UID).toWellFormed() }),
  detail
})
