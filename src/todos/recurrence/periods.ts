import {
  DAYS_OF_CYCLE,
  gcd,
  MONTHS_OF_CYCLE,
  mod,
  type Span,
  toMonth,
  toSpan,
  toWeekday
} from './calendar-days.ts'
import type { RecurrenceRule } from './rule.ts'

/** The periods of a series: its weeks, months or years without those that INTERVAL leaves out, numbered from the start. */
export interface Periods {
  /** The number of periods after which the calendar repeats itself. */
  readonly cycle: number
  /** Finds the period of a day; the one before, if INTERVAL leaves the day out. */
  find(day: number): number
  /** The days that the rule selects in a period, in order. */
  selectDays(index: number): readonly number[]
}

/** Where the periods are. */
interface Layout extends Pick<Periods, 'cycle' | 'find'> {
  /** The number of a period in the cycle of the calendar: its days are like those of the period in any other cycle. */
  toPosition(index: number): number
  toSpan(index: number): Span
}

/** A search goes through many periods without days. */
const NO_DAYS: readonly number[] = []

/**
 * Lays out the periods of a series. Whether a part expands or limits a period (the table of RFC 5545, section 3.3.10) makes
 * no difference once the start has given what the rule leaves open: a day is selected if each BYxxx part allows it, and
 * BYSETPOS picks among the selected days of a period. The days of a DAILY rule are searched month by month.
 */
export function createPeriods(rule: RecurrenceRule, start: number): Periods {
  const { frequency, interval } = rule
  const layout = frequency === 'WEEKLY' ? createWeeks(rule, start) : createMonths(rule, start)
  const selectOffsets = createSelection(fillIn(rule, start))
  const offsetsByPosition: (readonly number[])[] = []
  return {
    cycle: layout.cycle,
    find: layout.find,
    selectDays(index) {
      const position = layout.toPosition(index)
      const cached = offsetsByPosition[position]
      if (cached?.length === 0) return NO_DAYS
      const span = layout.toSpan(index)
      const offsets = cached ?? selectOffsets(span)
      offsetsByPosition[position] = offsets
      return frequency === 'DAILY' ? selectAligned(offsets, span, start, interval) : addOffsets(span, offsets)
    }
  }
}

const addOffsets = ({ firstDay }: Span, offsets: readonly number[]) =>
  offsets.map(offset => firstDay + offset)

/** Selects those of the days of a month that are a multiple of an interval away from the start. */
function selectAligned(
  offsets: readonly number[],
  { firstDay, length }: Span,
  start: number,
  interval: number
): readonly number[] {
  let offset = mod(start - firstDay, interval)
  if (offset >= length) return NO_DAYS
  const days: number[] = []
  for (; offset < length; offset += interval) if (offsets.includes(offset)) days.push(firstDay + offset)
  return days
}

/** Creates a function that selects days of a period, and returns their distances from its first day. */
function createSelection(rule: RecurrenceRule): (period: Span) => readonly number[] {
  const offsetsByShape = new Map<number, readonly number[]>()

  function selectOffsets(period: Span): readonly number[] {
    const offsets = Array.from({ length: period.length }, (_, offset) => offset)
    const allowed = offsets.filter(offset => isAllowed(rule, period, period.firstDay + offset))
    const sets = rule.frequency === 'DAILY' ? allowed.map(offset => [offset]) : [allowed]
    return sets.flatMap(set => pickPositions(set, rule.bySetPos))
  }

  return period => {
    const shape = toShape(period)
    const offsets = offsetsByShape.get(shape) ?? selectOffsets(period)
    offsetsByShape.set(shape, offsets)
    return offsets
  }
}

/** A number that is equal for periods whose days have the same weekdays and the same places in their months. */
function toShape({ firstDay, length }: Span): number {
  const month = toMonth(firstDay)
  const daysInMonth = Math.min(length, toSpan(month + 1).firstDay - firstDay)
  return ((toMonthOfYear(month) * 366 + length) * 31 + daysInMonth) * 7 + toWeekday(firstDay)
}

/** Fills in from the start what the rule leaves open. */
function fillIn(rule: RecurrenceRule, start: number): RecurrenceRule {
  const { frequency, byDay, byMonth, byMonthDay } = rule
  if (frequency === 'DAILY' || byDay.length > 0 || byMonthDay.length > 0) return rule
  if (frequency === 'WEEKLY') return { ...rule, byDay: [{ weekday: toWeekday(start), ordinal: 0 }] }
  const month = toMonth(start)
  const filledRule = { ...rule, byMonthDay: [start - toSpan(month).firstDay + 1] }
  if (frequency === 'MONTHLY' || byMonth.length > 0) return filledRule
  return { ...filledRule, byMonth: [toMonthOfYear(month)] }
}

function createWeeks({ interval, weekStart }: RecurrenceRule, start: number): Layout {
  const firstWeek = start - mod(toWeekday(start) - weekStart, 7)
  const weeksOfCycle = DAYS_OF_CYCLE / 7
  const cycle = weeksOfCycle / gcd(interval, weeksOfCycle)
  return {
    cycle,
    find: day => Math.floor((day - firstWeek) / 7 / interval),
    toPosition: index => mod(index, cycle),
    toSpan: index => ({ firstDay: firstWeek + 7 * interval * index, length: 7 })
  }
}

function createMonths({ frequency, interval }: RecurrenceRule, start: number): Layout {
  const length = frequency === 'YEARLY' ? 12 : 1
  const step = frequency === 'DAILY' ? 1 : length * interval
  const firstMonth = toMonth(start) - mod(toMonth(start), length)
  // The days of a DAILY rule repeat themselves when its interval does so as well.
  const repetitions = frequency === 'DAILY' ? interval / gcd(interval, DAYS_OF_CYCLE) : 1
  return {
    cycle: (MONTHS_OF_CYCLE / gcd(step, MONTHS_OF_CYCLE)) * repetitions,
    find: day => Math.floor((toMonth(day) - firstMonth) / step),
    toPosition: index => mod(firstMonth + step * index, MONTHS_OF_CYCLE),
    toSpan: index => toSpan(firstMonth + step * index, length)
  }
}

/** Whether each BYxxx part but BYSETPOS allows a day. */
function isAllowed(
  { frequency, byMonth, byMonthDay, byDay }: RecurrenceRule,
  period: Span,
  day: number
): boolean {
  const month = toMonth(day)
  const { firstDay, length } = toSpan(month)
  const monthDay = day - firstDay + 1
  // The numbers of weekdays count in the year, in a YEARLY rule without BYMONTH.
  const scope = frequency === 'YEARLY' && byMonth.length === 0 ? period : { firstDay, length }
  const ordinals = [0, toOrdinal(day - scope.firstDay), -toOrdinal(scope.firstDay + scope.length - 1 - day)]
  return (
    allows(byMonth, value => value === toMonthOfYear(month)) &&
    allows(byMonthDay, value => value === monthDay || value === monthDay - length - 1) &&
    allows(byDay, ({ weekday, ordinal }) => weekday === toWeekday(day) && ordinals.includes(ordinal))
  )
}

/** Which of its weekday's days a day is, by the days between it and the first of the month or year. */
const toOrdinal = (days: number) => Math.floor(days / 7) + 1

/** The month from 1 to 12. */
const toMonthOfYear = (month: number) => mod(month, 12) + 1

/** Whether a part allows a value. A part that is left out allows all. */
const allows = <Value>(part: readonly Value[], isMatch: (value: Value) => boolean) =>
  part.length === 0 || part.some(isMatch)

/** Picks by the positions of BYSETPOS: from 1 on, or from -1 backwards. */
const pickPositions = (offsets: readonly number[], positions: readonly number[]) =>
  offsets.filter((_, index) =>
    allows(positions, position => position === index + 1 || position === index - offsets.length)
  )
