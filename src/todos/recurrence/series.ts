import type { Due } from '../content/due.ts'
import type { Repeat } from '../content/repeat.ts'
import { firstOccurrence, lastOccurrence, nextOccurrence } from './occurrences.ts'
import { parseRule, type RecurrenceRule } from './rule.ts'
import { resolveUntil } from './until.ts'

/** What is known of a series of occurrences, beside its rule. */
export interface Series {
  /** The due date with which the series began: its day, and its time where it has one. */
  readonly start: Due
  /** The day of the present occurrence, which stays when its date is moved. */
  readonly current: string
  /** The last day that an occurrence may have; null where there is none. */
  readonly last: string | null
  /** How many occurrences are left, the present one included, where they are counted by completion; null where they are not. */
  readonly remaining: number | null
}

/** A series whose present occurrence was completed. */
export interface CompletedSeries extends Series {
  /** The day of the completion, on the calendar by which it was counted. */
  readonly today: string
}

/** The days that decide on the next occurrence, beside the series. */
export interface SeriesDays {
  /** From it on the occurrences are counted that follow a completion. None that follow the due date is earlier than tomorrow. */
  readonly today: string
  /** The day on which the todo is due, which may have been moved. */
  readonly due: string
}

/** The day of a due date. */
export const toDay = (due: Due): string => ('date' in due ? due.date : due.dateTime.slice(0, 10))

/** The due date of the present occurrence, as long as nobody moves it: nine o'clock stays nine. */
export const toDue = ({ start, current }: Series): Due =>
  'date' in start
    ? { date: current }
    : { dateTime: `${current}${start.dateTime.slice(10)}`, timeZone: start.timeZone }

/** Whether a rule has an occurrence from a due date on. */
export const occursFrom = (rule: string, due: Due): boolean =>
  firstOccurrence(parseRuleAt(rule, due), toDay(due)) !== null

/** Begins a series, whose first occurrence is the due date, whether the rule selects its day or not. */
export function startSeries({ rule: text, from }: Repeat, due: Due): Series {
  const [rule, day] = [parseRuleAt(text, due), toDay(due)]
  const series = { start: due, current: day }
  if (from === 'due') return { ...series, last: findLastDay(rule, day), remaining: null }
  return { ...series, last: rule.until?.slice(0, 10) ?? null, remaining: rule.count ?? null }
}

/**
 * Goes on to the next occurrence.
 * @returns undefined after the last occurrence
 */
export function advanceSeries(repeat: Repeat, series: Series, days: SeriesDays): Series | undefined {
  const { last, remaining } = series
  const day = remaining === 1 ? null : findNextDay(repeat, series, days)
  if (day === null || (last !== null && day > last)) return undefined
  return { ...series, current: day, remaining: remaining && remaining - 1 }
}

/** Finds the next day of a rule without regard to its end. */
function findNextDay(
  { rule: text, from }: Repeat,
  { start, current }: Series,
  { today, due }: SeriesDays
): string | null {
  const rule = { ...parseRule(text), count: undefined, until: undefined }
  // Nor does a date that was moved beyond other occurrences go back to them.
  if (from === 'due') return nextOccurrence(rule, toDay(start), latest(current, due, today))
  // Counted from some days on, INTERVAL may leave out each month or year that the rule selects: a series does not end by that.
  return nextOccurrence(rule, today, today) ?? nextOccurrence(rule, current, today)
}

const latest = (...days: readonly string[]): string => days.reduce((a, b) => (a > b ? a : b))

/** The rule of a series that begins with a due date: an UNTIL that is a time is a day. */
function parseRuleAt(text: string, due: Due): RecurrenceRule {
  const rule = parseRule(text)
  return 'date' in due ? rule : resolveUntil(rule, due.dateTime.slice(11), due.timeZone)
}

/** The last day of a rule with COUNT or UNTIL. */
function findLastDay(rule: RecurrenceRule, start: string): string | null {
  if (rule.count === undefined) return lastOccurrence(rule, start)
  // The start always counts as the first occurrence (RFC 5545, section 3.3.10).
  const count = firstOccurrence(rule, start) === start ? rule.count : rule.count - 1
  return count === 0 ? start : lastOccurrence({ ...rule, count }, start)
}
