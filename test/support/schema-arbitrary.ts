import fc from 'fast-check'

/** Of a JSON schema, what the wire schemas are made of. */
export interface Schema {
  type?: string | readonly string[]
  enum?: readonly unknown[]
  anyOf?: readonly Schema[]
  properties?: Record<string, Schema>
  required?: readonly string[]
  items?: Schema
  format?: string
  pattern?: string
  minLength?: number
  maxLength?: number
  maxItems?: number
  minimum?: number
  maximum?: number
}

const DAY = 86_400_000
/** A day or a second of the years 1 to 9999. */
const instant = fc
  .integer({ min: -719_162, max: 2_932_896 })
  .chain(days => fc.nat({ max: DAY / 1000 - 1 }).map(seconds => new Date(days * DAY + seconds * 1000)))
  .map(date => date.toISOString())
const timeZones = Intl.supportedValuesOf('timeZone')

const day = instant.map(text => text.slice(0, 10))
const localTime = instant.map(text => text.slice(0, 19))

/** Texts of a format: each is one that the service must take. */
const formatArbitraries: Record<string, fc.Arbitrary<string>> = {
  uuid: fc.uuid({ version: 7 }),
  date: day,
  'date-time': instant,
  'local-date-time': localTime,
  'day-or-local-date-time': fc.oneof(day, localTime),
  'time-zone': fc.constantFrom(...timeZones)
}

/** Values that a schema takes, and it alone says so: a text is any Unicode, but for control characters. */
export function createArbitrary(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(createArbitrary))
  if (Array.isArray(schema.type))
    return fc.oneof(...schema.type.map((type: string) => createArbitrary({ ...schema, type })))
  switch (schema.type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 2 ** 31 })
    case 'array':
      return fc.uniqueArray(createArbitrary(schema.items ?? {}), {
        maxLength: Math.min(schema.maxItems ?? 5, 20)
      })
    case 'object': {
      const { properties = {}, required = [] } = schema
      const members = Object.entries(properties).map(
        ([name, member]) => [name, createArbitrary(member)] as const
      )
      const record: Record<string, fc.Arbitrary<unknown>> = Object.fromEntries(members)
      return fc.record(record, { requiredKeys: [...required], noNullPrototype: true })
    }
    default:
      return formatArbitraries[schema.format ?? ''] ?? createTextArbitrary(schema)
  }
}

function createTextArbitrary({
  format,
  pattern,
  minLength = 0,
  maxLength = 400
}: Schema): fc.Arbitrary<string> {
  const any = fc
    .string({ unit: 'binary', minLength, maxLength })
    .map(value => value.replace(format === 'line' ? /[\p{Cc}\p{Zl}\p{Zp}]/gu : /(?![\t\n\r])\p{Cc}/gu, ''))
    .filter(value => format !== 'line' || /[\p{L}\p{N}\p{P}]/u.test(value))
  return pattern === undefined ? any : any.filter(value => new RegExp(pattern, 'u').test(value))
}
