import type { Fault } from '../errors.ts'
import { hasTooManyValues, TOO_MANY_VALUES } from '../json-values.ts'
import { MAX_IMPORT_LINE } from '../limits.ts'
import type { TodoContent } from './todo.ts'

/** A todo as a line of an import gives it: as it is exported, or parts of that. */
export type Line = Pick<TodoContent, 'title'> &
  Partial<TodoContent> & {
    readonly id?: string
    readonly position?: string
    readonly createdAt?: string
    readonly updatedAt?: string
    readonly completedAt?: string | null
    readonly deletedAt?: string | null
  }

/** A line whose todo has an id, its own or a new one. */
export type IdentifiedLine = Line & { readonly id: string }

/** Tells what is wrong with what a line holds, by pointers into it. */
export type LineCheck = (value: unknown) => readonly Fault[]

/** Lines that are dealt with in one go: as many as keep it to some milliseconds. */
export const SLICE_LINES = 100
const SLICE_LENGTH = 32_768

/** Some lines that follow each other; the first line of a text is number 0. */
export interface Slice {
  readonly first: number
  readonly lines: readonly string[]
}

/** The lines of a text, some at a time, with no more of it in memory than those. An empty one at its end is none. */
export function* slicesOf(text: string): Generator<Slice> {
  let first = 0
  let lines: string[] = []
  let begin = 0
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(start, end)
    start = end + 1
    if (start >= text.length && line.trim() === '') break
    lines.push(line)
    if (lines.length < SLICE_LINES && start - begin < SLICE_LENGTH) continue
    yield { first, lines }
    first += lines.length
    lines = []
    begin = start
  }
  if (lines.length > 0) yield { first, lines }
}

/** What is wrong with a line, by pointers into what it holds. */
export function faultsIn(line: string, check: LineCheck): readonly Fault[] {
  if (line.length > MAX_IMPORT_LINE) return [fault('', `is longer than ${MAX_IMPORT_LINE} characters`)]
  if (hasTooManyValues(line)) return [fault('', TOO_MANY_VALUES)]
  const value = parsed(line)
  if (value === undefined) return [fault('', 'is not JSON; give one todo on each line, and no empty one')]
  const faults = check(value)
  return faults.length > 0 ? faults : contradictions(value as Line)
}

/** What a line without faults holds. */
export const todoIn = (line: string): Line => JSON.parse(line)

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** What cannot be so together. */
function contradictions(line: Line): Fault[] {
  const { done = false, completedAt, createdAt } = line
  const faults = LATER.filter(name => isBefore(line[name], createdAt)).map(name =>
    fault(`/${name}`, 'is before createdAt; give the same instant or a later one')
  )
  if (completedAt === undefined || done === (completedAt !== null)) return faults
  const detail = `must ${done ? 'not ' : ''}be null when done is ${done}; or leave it out`
  return [fault('/completedAt', detail), ...faults.filter(({ pointer }) => pointer !== '/completedAt')]
}

/** What happens to a todo that has been made. */
const LATER = ['updatedAt', 'completedAt', 'deletedAt'] as const

const isBefore = (time: string | null | undefined, other: string | undefined): boolean =>
  time != null && other !== undefined && Date.parse(time) < Date.parse(other)

const fault = (pointer: string, detail: string): Fault => ({ pointer, detail })
