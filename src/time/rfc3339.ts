/** The first and the last millisecond that both databases store, with four-digit years. */
const MIN_TIMESTAMP = Date.parse('0001-01-01T00:00:00.000Z')
const MAX_TIMESTAMP = Date.parse('9999-12-31T23:59:59.999Z')

/** Whether a value is a time that can be stored, in milliseconds since 1970. */
export const isTimestamp = (value: unknown): boolean =>
  Number.isInteger(value) && MIN_TIMESTAMP <= Number(value) && Number(value) <= MAX_TIMESTAMP

const RFC3339_PATTERN = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** Whether a text is a time of RFC 3339 that can be stored. Leap seconds cannot: JavaScript's clock has none. */
export function isInstant(text: string): boolean {
  const [, local] = RFC3339_PATTERN.exec(text) ?? []
  return local !== undefined && isTimestamp(Date.parse(text)) && isLocalDateTime(local)
}

/** Whether a text is a time from 1970 on, in UTC, with at most milliseconds, such as `2026-03-29T09:00:00.000Z`. */
export const isUtcInstant = (text: string): boolean =>
  text >= '1970' && isLocalDateTime(text.slice(0, 19)) && /^(\.\d{1,3})?Z$/.test(text.slice(19))

/** Whether a text is an existing date of the years 0001 to 9999, such as `2026-03-29`. */
export const isFullDate = (text: string): boolean => isLocalDateTime(`${text}T00:00:00`)

/** Whether a text is an existing local time of the years 0001 to 9999, such as `2026-03-29T02:30:00`. */
export function isLocalDateTime(text: string): boolean {
  if (text < '0001' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text)) return false
  const time = new Date(`${text}Z`)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text)
}
