import { isFullDate, isLocalDateTime } from '../../../../time/rfc3339.ts'
import type { ContentLine } from './content-lines.ts'

/*
 * Why the values are not read by ical.js, which writes the calendars: it reads numbers and times leniently (`5x` is 5, and
 * `20260329T090000+0100` has no offset), and divides a list at the wrong place after an escaped backslash. Nothing may be lost
 * in silence here.
 */

/** A property of a component (RFC 5545, section 3.1). */
export interface Property {
  /** The line of the file where it begins, counted from 1. */
  readonly line: number
  /** In upper case; empty for a line without a name. */
  readonly name: string
  /** By names in upper case. */
  readonly parameters: ReadonlyMap<string, string>
  /** As in the file, escaped. */
  readonly value: string
  /** Why the property cannot be read. */
  readonly fault: string | undefined
}

const NAME = /^([\w.-]+)[;:]/
/** Microsoft's `tzone:` comes without the quotes that it needs. */
const PARAMETER = /;([\w-]+)=((?:"[^"]*"|tzone:|[^";:])*)/y
/** The most parameters of a property that are read. */
const MAX_PARAMETERS = 100

/** Divides a content line into the name, the parameters and the value. */
export function parseProperty({ line, text, fault }: ContentLine): Property {
  const name = NAME.exec(text)?.[1] ?? ''
  const { parameters, end } =
    text[name.length] === ';'
      ? parseParameters(text, name.length)
      : { parameters: NO_PARAMETERS, end: name.length }
  const isWhole = name !== '' && text[end] === ':'
  return {
    line,
    name: name.toUpperCase(),
    parameters,
    value: isWhole ? text.slice(end + 1) : '',
    fault: fault ?? (isWhole ? undefined : 'is not a property such as SUMMARY:Buy milk; correct it')
  }
}

const NO_PARAMETERS: ReadonlyMap<string, string> = new Map()

function parseParameters(text: string, start: number) {
  const parameters = new Map<string, string>()
  PARAMETER.lastIndex = start
  let end = start
  for (let count = 0; count < MAX_PARAMETERS; count += 1) {
    const match = PARAMETER.exec(text)
    if (!match) break
    const [, name = '', value = ''] = match
    parameters.set(name.toUpperCase(), value.replaceAll('"', ''))
    end = PARAMETER.lastIndex
  }
  return { parameters, end }
}

/** The value of a property of type TEXT (section 3.3.11). */
export const decodeText = (value: string): string =>
  value.replaceAll(/\\([\\;,nN])/g, (_, character: string) => (/n/i.test(character) ? '\n' : character))

/** The values of a property with a list of texts, one at a time, since there may be very many. */
export function* decodeTexts(value: string): Generator<string> {
  for (const [text] of value.matchAll(/(?:\\[\s\S]?|[^,\\])+/g)) yield decodeText(text).trim()
}

/** Characters of a text of the file in a message. */
const MAX_CLIPPED = 50

/** A text of the file, short enough for a message. */
export const clip = (text: string): string =>
  text.length > MAX_CLIPPED ? `${text.slice(0, MAX_CLIPPED).toWellFormed()}…` : text

const TIME = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/i

/** A value of type DATE or DATE-TIME. */
export interface CalendarTime {
  /** Such as `2026-03-29`. */
  readonly date: string
  /** Such as `2026-03-29T09:00:00`; undefined for a day. */
  readonly dateTime: string | undefined
  readonly isUtc: boolean
}

/** Parses a value of type DATE or DATE-TIME; undefined when it is neither, or does not exist. */
export function parseTime(value: string): CalendarTime | undefined {
  const [, year, month, day, hour, minute, second, utc] = TIME.exec(value.trim()) ?? []
  const date = `${year}-${month}-${day}`
  if (hour === undefined) return isFullDate(date) ? { date, dateTime: undefined, isUtc: false } : undefined
  const dateTime = `${date}T${hour}:${minute}:${second}`
  return isLocalDateTime(dateTime) ? { date, dateTime, isUtc: Boolean(utc) } : undefined
}
