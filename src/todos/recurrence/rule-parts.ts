import { isFullDate, isLocalDateTime } from '../../time/rfc3339.ts'

export const FREQUENCIES = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const
export type Frequency = (typeof FREQUENCIES)[number]

/** In the order of their numbers: 0 is Monday. */
export const WEEKDAYS: readonly string[] = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']

/** A weekday: each, or only the nth of a month or year; counted from its end if negative. 0 is each. */
export interface WeekdayOrdinal {
  readonly weekday: number
  readonly ordinal: number
}

/** The largest INTERVAL. */
export const MAX_INTERVAL = 9999
/** The largest COUNT: occurrences are counted from the start on. */
export const MAX_COUNT = 1000

/** A recurrence rule that is not accepted. */
export class RecurrenceRuleError extends Error {
  /** What is wrong, and what is accepted: `has INTERVAL=0; give a number from 1 to 9999`. */
  readonly detail: string

  constructor(detail: string) {
    super(detail)
    this.detail = detail
  }
}

/** Throws an error about a value of a part, as received. */
function refuse(part: string, value: string, advice: string): never {
  const fault = value === '' ? `has an empty value in ${part}` : `has ${part}=${clip(value)}`
  throw new RecurrenceRuleError(`${fault}; ${advice}`)
}

/** A text of a rule, short enough for a message. */
export const clip = (text: string): string => (text.length > 30 ? `${text.slice(0, 30)}…` : text)

/** @throws {RecurrenceRuleError} */
export function parseFrequency(value: string): Frequency {
  return (
    FREQUENCIES.find(frequency => frequency === value) ??
    refuse('FREQ', value, `give one of ${FREQUENCIES.join(', ')}`)
  )
}

/** @throws {RecurrenceRuleError} unless the value is a number from 1 to a limit, without a sign */
export function parseNumber(part: string, value: string, max: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : 0
  return 1 <= number && number <= max ? number : refuse(part, value, `give a number from 1 to ${max}`)
}

/** @throws {RecurrenceRuleError} unless the value lists numbers from 1 to a limit, without signs */
export const parseNumbers = (part: string, value: string, max: number): number[] =>
  toSortedNumbers(value.split(',').map(element => parseNumber(part, element, max)))

/** @throws {RecurrenceRuleError} unless the value lists numbers from 1 to a limit, or from -1 downwards */
export const parseSignedNumbers = (part: string, value: string, max: number): number[] =>
  toSortedNumbers(
    value.split(',').map(element => {
      const number = /^[+-]?\d+$/.test(element) ? Number(element) : 0
      if (isOrdinal(number, max)) return number
      return refuse(
        part,
        element,
        `give numbers from 1 to ${max}, or from -1 to -${max} to count from the end`
      )
    })
  )

const isOrdinal = (number: number, max: number) => number !== 0 && Math.abs(number) <= max

/** Without repetitions; what counts from the end comes last. */
const toSortedNumbers = (numbers: readonly number[]) => [...new Set(numbers)].toSorted(compareOrdinals)

const compareOrdinals = (a: number, b: number) => Number(a < 0) - Number(b < 0) || a - b

/** @throws {RecurrenceRuleError} unless the value is a weekday such as `MO` @returns its number */
export function parseWeekday(value: string): number {
  const weekday = WEEKDAYS.indexOf(value)
  return weekday === -1 ? refuse('WKST', value, `give one of ${WEEKDAYS.join(', ')}`) : weekday
}

/** The number of weekdays of the same name in a year. */
const MAX_ORDINAL = 53
const WEEKDAY_ORDINAL = /^([+-]?\d+)?([A-Z]{2})$/

/** @throws {RecurrenceRuleError} unless the value lists weekdays such as `MO`, `2TU` or `-1FR` */
export function parseWeekdays(value: string): WeekdayOrdinal[] {
  const weekdays = value.split(',').map(parseWeekdayOrdinal)
  return [...new Map(weekdays.map(weekday => [formatWeekday(weekday), weekday])).values()].toSorted(
    (a, b) => compareOrdinals(a.ordinal, b.ordinal) || a.weekday - b.weekday
  )
}

function parseWeekdayOrdinal(element: string): WeekdayOrdinal {
  const [, ordinal, name = ''] = WEEKDAY_ORDINAL.exec(element) ?? []
  const weekday = WEEKDAYS.indexOf(name)
  if (weekday !== -1 && ordinal === undefined) return { weekday, ordinal: 0 }
  if (weekday !== -1 && isOrdinal(Number(ordinal), MAX_ORDINAL)) return { weekday, ordinal: Number(ordinal) }
  return refuse(
    'BYDAY',
    element,
    `give weekdays such as MO, with or without a number from 1 to ${MAX_ORDINAL} such as 2TU or -1FR`
  )
}

/** Writes a weekday as in BYDAY: `MO`, `2TU` or `-1FR`. */
export const formatWeekday = ({ weekday, ordinal }: WeekdayOrdinal): string =>
  `${ordinal === 0 ? '' : ordinal}${WEEKDAYS[weekday]}`

const UNTIL = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/

/** @throws {RecurrenceRuleError} unless the value is a day or a time @returns such as `2026-03-29` or `2026-03-29T09:00:00Z` */
export function parseUntil(value: string): string {
  const [, year, month, day, hour, minute, second, utc] = UNTIL.exec(value) ?? []
  const date = `${year}-${month}-${day}`
  const time = `${date}T${hour}:${minute}:${second}`
  if (hour === undefined ? isFullDate(date) : isLocalDateTime(time))
    return hour === undefined ? date : time + utc
  return refuse('UNTIL', value, 'give an existing day such as 20260329, or a time such as 20260329T090000Z')
}
