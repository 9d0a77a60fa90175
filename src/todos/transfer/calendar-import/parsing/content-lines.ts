import { isUtf8 } from 'node:buffer'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** The longest content line that is read, in bytes: the longest description, all of it escaped, with room for parameters. */
export const MAX_CONTENT_LINE = 131_072
/** Bytes that are read in one turn of the event loop, a few milliseconds. */
const SLICE_LENGTH = 4096

const [NEWLINE, RETURN, SPACE, TAB] = [0x0a, 0x0d, 0x20, 0x09]
const BYTE_ORDER_MARK = Buffer.from('\ufeff')

/** A line of a calendar (RFC 5545, section 3.1), unfolded. */
export interface ContentLine {
  /** The line of the file where it begins, counted from 1, as editors do. */
  readonly line: number
  readonly text: string
  /** Why the text is not what the file holds. */
  readonly fault: string | undefined
}

/**
 * Reads the content lines of a calendar, a slice at a time. Lines are unfolded as bytes, because a fold may divide a character.
 * Empty lines are left out, and so is a byte order mark. A line may end with a line feed alone.
 */
export async function* readContentLines(bytes: Buffer): AsyncGenerator<readonly ContentLine[]> {
  const unfolded = Buffer.allocUnsafe(MAX_CONTENT_LINE)
  let slice: ContentLine[] = []
  let [line, firstLine, length] = [0, 0, 0]

  function endContentLine() {
    if (length > 0) slice.push(toContentLine(firstLine, unfolded.subarray(0, length), length))
    length = 0
  }

  let start = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0
  for (let sliceStart = start; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start)
    const lineEnd = newline < 0 ? bytes.length : newline
    const end = bytes[lineEnd - 1] === RETURN ? lineEnd - 1 : lineEnd
    const isFolded = line > 0 && (bytes[start] === SPACE || bytes[start] === TAB)
    line += 1
    if (isFolded) start += 1
    else {
      endContentLine()
      firstLine = line
    }
    bytes.copy(unfolded, Math.min(length, MAX_CONTENT_LINE), start, end)
    length += end - start
    start = lineEnd + 1
    if (start - sliceStart < SLICE_LENGTH) continue
    yield slice
    slice = []
    sliceStart = start
    await nextTurn()
  }
  endContentLine()
  yield slice
}

/** @param length of the whole line, of which no more than `MAX_CONTENT_LINE` bytes were kept */
function toContentLine(line: number, bytes: Buffer, length: number): ContentLine {
  return { line, text: bytes.toString(), fault: findFault(bytes, length) }
}

function findFault(bytes: Buffer, length: number): string | undefined {
  if (length > MAX_CONTENT_LINE) return `is longer than ${MAX_CONTENT_LINE} bytes; make it shorter`
  return isUtf8(bytes) ? undefined : 'is not UTF-8; save the file as UTF-8'
}
