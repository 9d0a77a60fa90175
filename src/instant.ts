/** The first and the last millisecond that both databases keep, and that are written with four digits of the year. */
const FIRST = Date.parse('0001-01-01T00:00:00.000Z')
const LAST = Date.parse('9999-12-31T23:59:59.999Z')

/** Whether a value is a point in time that can be kept, in milliseconds since 1970. */
export const isInstant = (value: unknown): boolean =>
  Number.isInteger(value) && FIRST <= Number(value) && Number(value) <= LAST

const SHAPE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** Whether a text is a point in time that can be kept (RFC 3339); leap seconds, which our clocks do not have, cannot. */
export function isInstantText(text: string): boolean {
  const [, local] = SHAPE.exec(text) ?? []
  if (!local || !isInstant(Date.parse(text))) return false
  // What the calendar does not have, such as 30 February, would come out as another day.
  return new Date(`${local}Z`).toISOString().startsWith(local)
}
