const MS_PER_DAY = 86_400_000

/** The Gregorian calendar repeats itself after 400 years, weekdays included. */
export const MONTHS_OF_CYCLE = 4800
export const DAYS_OF_CYCLE = 146_097

/** The number of a day such as `2026-03-29`, counted from 1970-01-01. */
export const toDayNumber = (text: string): number => Date.parse(text) / MS_PER_DAY

/** The last day that a due date can have. */
export const LAST_DAY = toDayNumber('9999-12-31')

/** The day of a number, as a text such as `2026-03-29`. */
export const formatDay = (day: number): string => new Date(day * MS_PER_DAY).toISOString().slice(0, 10)

/** The weekday of a day: 0 is Monday. The first of January 1970 was a Thursday. */
export const toWeekday = (day: number): number => mod(day + 3, 7)

/** The month of a day, counted from January of the year 0. */
export function toMonth(day: number): number {
  const date = new Date(day * MS_PER_DAY)
  return 12 * date.getUTCFullYear() + date.getUTCMonth()
}

/** The first days of the months of one cycle and one year: a search goes through many months, and Date takes long. */
const FIRST_DAYS = Array.from(
  { length: MONTHS_OF_CYCLE + 12 + 1 },
  (_, month) => new Date(0).setUTCFullYear(0, month, 1) / MS_PER_DAY
)

/** Consecutive days. */
export interface Span {
  readonly firstDay: number
  readonly length: number
}

/** The days of a month, or of some months from it on. The month is counted from January of the year 0. */
export function toSpan(month: number, months = 1): Span {
  const cycles = Math.floor(month / MONTHS_OF_CYCLE)
  const index = month - cycles * MONTHS_OF_CYCLE
  const firstDay = FIRST_DAYS[index] as number
  const end = FIRST_DAYS[index + months] as number
  return { firstDay: firstDay + cycles * DAYS_OF_CYCLE, length: end - firstDay }
}

/** The remainder that is never negative. A search computes many, and `%` takes several times as long. */
export const mod = (dividend: number, divisor: number): number =>
  dividend - divisor * Math.floor(dividend / divisor)

/** The greatest common divisor. */
export const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))
