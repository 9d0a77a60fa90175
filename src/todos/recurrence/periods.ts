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

/** Days of a rule's period. */
interface Period extends Span {
  /** A small number, equal for periods whose days have the same weekdays and the same places in their months. */
  readonly shape: number
}

/** Where the periods are; undefined is a period without days. */
interface Layout extends Pick<Periods, 'cycle' | 'find'> {
  toPeriod(index: number): Period | undefined
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
  const isDaily = frequency === 'DAILY'
  const filledRule = fillIn(rule, start)
  const { cycle, find, toPeriod } =
    frequency === 'WEEKLY' ? createWeeks(rule, start) : createMonths(rule, start)
  const offsetsByShape: (readonly number[])[] = []

  /** The selected days of a period as distances from its first day. Periods have few shapes. */
  function selectOffsets(period: Period): readonly number[] {
    const cached = offsetsByShape[period.shape]
    if (cached) return cached
    const allowed = Array.from({ length: period.length }, (_, offset) => offset).filter(offset =>
      isAllowed(filledRule, period, period.firstDay + offset)
    )
    const sets = isDaily ? allowed.map(offset => [offset]) : [allowed]
    const offsets = sets.flatMap(set => pickPositions(set, rule.bySetPos))
    offsetsByShape[period.shape] = offsets
    return offsets
  }

  return {
    cycle,
    find,
    selectDays(index) {
      const period = toPeriod(index)
      if (period === undefined) return NO_DAYS
      const offsets = selectOffsets(period)
      if (offsets.length === 0) return NO_DAYS
      const { firstDay, length } = period
      if (!isDaily) return offsets.map(offset => firstDay + offset)
      const days: number[] = []
      for (let offset = mod(start - firstDay, interval); offset < length; offset += interval)
        if (offsets.includes(offset)) days.push(firstDay + offset)
      return days
    }
  }
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
  return {
    cycle: weeksOfCycle / gcd(interval, weeksOfCycle),
    find: day => Math.floor((day - firstWeek) / 7 / interval),
    toPeriod(index) {
      const firstDay = firstWeek + 7 * interval * index
      const month = toMonth(firstDay)
      const daysInMonth = Math.min(7, toSpan(month + 1).firstDay - firstDay)
      return { firstDay, length: 7, shape: 8 * toMonthOfYear(month) + daysInMonth }
    }
  }
}

function createMonths({ frequency, interval, byMonth }: RecurrenceRule, start: number): Layout {
  const length = frequency === 'YEARLY' ? 12 : 1
  const step = frequency === 'DAILY' ? 1 : length * interval
  const firstMonth = toMonth(start) - mod(toMonth(start), length)
  const cycle =
    frequency === 'DAILY'
      ? MONTHS_OF_CYCLE * (interval / gcd(interval, DAYS_OF_CYCLE))
      : MONTHS_OF_CYCLE / gcd(step, MONTHS_OF_CYCLE)
  return {
    cycle,
    find: day => Math.floor((toMonth(day) - firstMonth) / step),
    toPeriod(index) {
      const month = firstMonth + step * index
      const monthOfYear = toMonthOfYear(month)
      if (length === 1 && byMonth.length > 0 && !byMonth.includes(monthOfYear)) return undefined
      const span = toSpan(month, length)
      const shape = (4 * monthOfYear + mod(span.length, 4)) * 7 + toWeekday(span.firstDay)
      return { ...span, shape }
    }
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
