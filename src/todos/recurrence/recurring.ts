import { isDeepStrictEqual } from 'node:util'
import { type Fault, validationFailed } from '../../problems/problem.ts'
import type { TodoContent } from '../content/content.ts'
import type { Due } from '../content/due.ts'
import { type Repeat, toCanonicalRepeat } from '../content/repeat.ts'
import type { TodoRow } from '../tables.ts'
import { occursFrom, type Series, startSeries, toDay, toDue } from './series.ts'

/** A todo that recurs, or did until it was done. */
export interface RecurringRow extends TodoRow {
  readonly due: Due
  readonly repeat: Repeat
  readonly series: Series
}

export const isRecurring = (row: TodoRow): row is RecurringRow =>
  row.due !== null && row.repeat !== null && row.series !== null

/** How a todo recurs, and from when on. */
type Recurrence = Pick<TodoContent, 'repeat' | 'due'>

/** What a request names of it. */
interface RecurrenceRequest {
  readonly namesRepeat: boolean
  /** Whether the rule and the due date that it names belong together. */
  readonly isAnchor: boolean
  /** To the object that has them. */
  readonly pointer: string
}

/** What is wrong with how a todo recurs, beside the text of its rule. */
export function findRepeatFault({ repeat, due }: Recurrence): Fault | undefined {
  if (!repeat) return undefined
  if (!due)
    return { pointer: '/repeat', detail: 'needs a due date, with which the series begins; give due, too' }
  if (occursFrom(repeat.rule, due)) return undefined
  return { pointer: '/repeat/rule', detail: `never occurs from ${toDay(due)} on; give a rule that does` }
}

/**
 * The series of a todo. It goes on where only the date is moved, and begins anew with another rule, and with a due date that the
 * request names with the rule.
 * @param row the todo before; undefined for a new one
 * @throws {Problem} `validation_failed` for a rule that never occurs, or without a due date
 */
export function resolveSeries(
  row: TodoRow | undefined,
  { repeat, due }: Recurrence,
  { namesRepeat, isAnchor, pointer }: RecurrenceRequest
): Series | null {
  if (!repeat) return null
  if (row && isRecurring(row) && isDeepStrictEqual(row.repeat, toCanonicalRepeat(repeat))) {
    if (!due && !namesRepeat) throw validationFailed({ pointer: `${pointer}/due`, detail: NEEDED_DUE })
    const restarts = isAnchor && !isDeepStrictEqual(toDue(row.series), due)
    if (due && !restarts) return row.series
  }
  const fault = findRepeatFault({ repeat, due })
  if (fault) throw validationFailed({ ...fault, pointer: `${pointer}${fault.pointer}` })
  return due && startSeries(repeat, due)
}

const NEEDED_DUE = 'is needed, since the todo repeats; give another date, or repeat: null as well'
