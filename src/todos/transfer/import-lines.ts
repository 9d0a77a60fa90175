import { setImmediate as nextTurn } from 'node:timers/promises'
import { hasTooManyValues, TOO_MANY_VALUES } from '../../http/json-values.ts'
import { type Fault, MAX_ERRORS, validationFailed } from '../../problems/problem.ts'
import { MAX_IMPORT_LINE, MAX_IMPORT_LINES } from '../limits.ts'
import { findRepeatFault } from '../recurrence/recurring.ts'
import { createTurns } from '../turns.ts'
import type { ImportLine } from './import-line.ts'

/** A line with its number, counted from 0, whose todo has an id, from the line or a new one. */
export type IdentifiedLine = ImportLine & { readonly id: string; readonly number: number }

/** Finds the errors of a parsed line, with pointers into its value. */
export type LineCheck = (value: unknown) => readonly Fault[]

/** The most lines and characters that are processed in one turn of the event loop, some milliseconds. */
export const MAX_SLICE_LINES = 100
const MAX_SLICE_LENGTH = 32_768

/** Consecutive lines; the first line of a text is number 0. */
export interface LineSlice {
  readonly firstLine: number
  readonly lines: readonly string[]
}

/** Splits a text into slices of lines, one slice in memory at a time. An empty line at the end does not count. */
export function* toSlices(text: string): Generator<LineSlice> {
  let firstLine = 0
  let lines: string[] = []
  let sliceStart = 0
  for (let lineStart = 0; lineStart < text.length; ) {
    const newline = text.indexOf('\n', lineStart)
    const lineEnd = newline < 0 ? text.length : newline
    const line = text.slice(lineStart, lineEnd)
    lineStart = lineEnd + 1
    if (lineStart >= text.length && line.trim() === '') break
    lines.push(line)
    if (lines.length < MAX_SLICE_LINES && lineStart - sliceStart < MAX_SLICE_LENGTH) continue
    yield { firstLine, lines }
    firstLine += lines.length
    lines = []
    sliceStart = lineStart
  }
  if (lines.length > 0) yield { firstLine, lines }
}

/** The errors of a line, with pointers into its value. */
export function findLineErrors(line: string, check: LineCheck): readonly Fault[] {
  if (line.length > MAX_IMPORT_LINE) return [lineError('', `is longer than ${MAX_IMPORT_LINE} characters`)]
  if (hasTooManyValues(line)) return [lineError('', TOO_MANY_VALUES)]
  const value = tryParseJson(line)
  if (value === undefined) return [lineError('', 'is not JSON; give one todo on each line, and no empty one')]
  const errors = check(value)
  return errors.length > 0 ? errors : findContradictions(value as ImportLine)
}

/** The todo of a line that has no errors. Ids are compared without case (RFC 9562, section 4) and stored in lower case. */
export function parseLine(line: string): ImportLine {
  const { id, listId, parentId, ...todo }: ImportLine = JSON.parse(line)
  return {
    ...todo,
    ...(id && { id: id.toLowerCase() }),
    ...(listId && { listId: listId.toLowerCase() }),
    ...(parentId && { parentId: parentId.toLowerCase() })
  }
}

function tryParseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** Members that contradict each other. */
function findContradictions(line: ImportLine): Fault[] {
  const { done = false, due = null, repeat = null, seriesStart, completedAt, createdAt } = line
  const errors = LATER_FIELDS.filter(name => isEarlier(line[name], createdAt)).map(name =>
    lineError(`/${name}`, 'is before createdAt; give the same instant or a later one')
  )
  const repeatFault = findRepeatFault({ repeat, due: seriesStart ?? due })
  if (repeatFault) errors.push(repeatFault)
  if (completedAt === undefined || done === (completedAt !== null)) return errors
  const detail = `must ${done ? 'not ' : ''}be null when done is ${done}; or leave it out`
  return [lineError('/completedAt', detail), ...errors.filter(({ pointer }) => pointer !== '/completedAt')]
}

/** Times of events after the creation. */
const LATER_FIELDS = ['updatedAt', 'completedAt', 'deletedAt'] as const

const isEarlier = (time: string | null | undefined, other: string | undefined): boolean =>
  time != null && other !== undefined && Date.parse(time) < Date.parse(other)

const lineError = (pointer: string, detail: string): Fault => ({ pointer, detail })

/** @throws {Problem} `validation_failed` with the errors of all lines */
export async function assertValidLines(text: string, check: LineCheck): Promise<void> {
  const errors: Fault[] = []
  for (const { firstLine, lines } of toSlices(text)) {
    if (errors.length >= MAX_ERRORS) break
    if (firstLine + lines.length > MAX_IMPORT_LINES) {
      errors.push({ pointer: `/${MAX_IMPORT_LINES}`, detail: 'is one line too many' })
      break
    }
    // To find out whether a rule occurs can take as long as all else in a hundred lines.
    const giveTurn = createTurns()
    for (const [index, line] of lines.entries()) {
      for (const { pointer, detail } of findLineErrors(line, check))
        errors.push({ pointer: `/${firstLine + index}${pointer}`, detail })
      await giveTurn()
    }
    await nextTurn()
  }
  if (errors.length > 0) throw validationFailed(...errors.slice(0, MAX_ERRORS))
}
