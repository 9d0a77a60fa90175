import { addSeconds } from '../../../time/local-times.ts'
import { isTimestamp } from '../../../time/rfc3339.ts'
import type { Due } from '../../content/due.ts'

/** A length of time (RFC 5545, section 3.3.6). */
export interface Duration {
  readonly days: number
  readonly seconds: number
}

const DURATION =
  /^\+?P(?!$)(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?!$)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$/i

/** Parses a duration that is not negative (section 3.3.6). */
export function parseDuration(text: string): Duration | undefined {
  const match = DURATION.exec(text)
  if (!match) return undefined
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map(part => Number(part ?? 0))
  return { days: 7 * weeks + days, seconds: 3600 * hours + 60 * minutes + seconds }
}

const MS_PER_DAY = 86_400_000

/** Adds days by the calendar, then hours, minutes and seconds by time passed, as section 3.3.6 says. */
export function addDuration(due: Due, { days, seconds }: Duration): Due | undefined {
  if ('date' in due) {
    const time = Date.parse(due.date) + days * MS_PER_DAY
    return seconds === 0 && isTimestamp(time) ? { date: toText(time).slice(0, 10) } : undefined
  }
  const { dateTime, timeZone } = due
  const local = Date.parse(`${dateTime}Z`) + days * MS_PER_DAY
  const end = seconds === 0 ? local : addSeconds(local, seconds, timeZone)
  return isTimestamp(end) ? { dateTime: toText(end), timeZone } : undefined
}

const toText = (time: number) => new Date(time).toISOString().slice(0, 19)
