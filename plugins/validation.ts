import {
  _,
  Ajv,
  type ErrorObject,
  type FuncKeywordDefinition,
  type KeywordDefinition,
  type Options
} from 'ajv'
import addFormats from 'ajv-formats'
import { closest, distance } from 'fastest-levenshtein'
import type { FastifyInstance, FastifySchema } from 'fastify'
import fp from 'fastify-plugin'
import { emailFault } from '../src/auth/emails.ts'
import { type Fault, type FieldError, invalid, MAX_ERRORS } from '../src/errors.ts'
import { wholeNumber } from '../src/numerals.ts'
import { faultInLine, faultInText } from '../src/text.ts'
import { isDay, isInstant, isLocalDateTime, isUtcInstant } from '../src/times.ts'
import { canonicalTag } from '../src/todos/tags.ts'
import { isTimeZone } from '../src/todos/time-zones.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Compiles a check that is as strict as that of a body, for values that come in some other way: it tells the faults. */
    checkOf: (schema: object) => (value: unknown) => Fault[]
  }
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/**
 * Writes a text in lower case where it stands. Hex digits of an id are read in either case (RFC 9562, section 4); beyond the
 * schemas there is one form of each.
 */
const lowerCase: KeywordDefinition = {
  keyword: 'lowerCase',
  type: 'string',
  modifying: true,
  code: ({ gen, data, it: { parentData, parentDataProperty } }) =>
    gen.assign(_`${parentData}[${parentDataProperty}]`, _`${data}.toLowerCase()`)
}

/** Formats of texts that say what is wrong with one. */
const textFormats: Record<string, (text: string) => string | undefined> = {
  text: faultInText,
  line: faultInLine,
  'idn-email': emailFault
}

/** Gives the tags of a list the form in which they are compared, before they are. */
const canonicalTags: FuncKeywordDefinition = {
  keyword: 'canonicalTags',
  type: 'array',
  modifying: true,
  before: 'items',
  errors: false,
  validate(_schema: unknown, tags: unknown[]) {
    for (const [index, tag] of tags.entries()) if (typeof tag === 'string') tags[index] = canonicalTag(tag)
    return true
  }
}

/*
 * One of each for the process, since they keep what they have compiled: an app beside another, or after it, has the same
 * schemas.
 */
const body = compiler({ useDefaults: false })
const url = compiler({ useDefaults: true })

/**
 * Validates strictly. Bodies are taken as they are: nothing is coerced, filled in or dropped. URLs are text, so their
 * parameters are read as the schema's types.
 */
async function validation(app: FastifyInstance) {
  app.decorate('checkOf', schema => {
    const validate = body.compile(schema)
    return value => (validate(value) ? [] : faultsOf(validate.errors as ErrorObject[]))
  })
  app.setValidatorCompiler<FastifySchema & Parameters>(({ schema, httpPart }) =>
    httpPart === 'body' ? body.compile(schema) : checkOfText(schema)
  )
  app.setSchemaErrorFormatter((errors, part) =>
    invalid(...fieldErrors(faultsOf(errors as ErrorObject[], part !== 'body'), part))
  )
}

/** A schema of parameters, as far as they are read by it. */
interface Parameters {
  readonly properties: Record<string, { readonly type?: string }>
}

/**
 * Checks what comes as text. What is not written as its type is left to the check, which tells so: Ajv's own coercion takes
 * `0x10`, `1e1` and ` 5` for numbers.
 */
function checkOfText(schema: Parameters) {
  const validate = url.compile<Record<string, unknown>>(schema)
  const typed = Object.entries(schema.properties).flatMap(([name, { type }]) => {
    const read = readers.get(type)
    return read ? { name, read } : []
  })
  return (values: Record<string, unknown>) => {
    for (const { name, read } of typed) {
      const value = values[name]
      if (typeof value === 'string') values[name] = read(value)
    }
    return validate(values) || { error: validate.errors as ErrorObject[] }
  }
}

/** How a text is read as a type; any text is a string. */
const readers = new Map<string | undefined, (text: string) => unknown>([
  ['integer', text => wholeNumber(text) ?? text],
  ['boolean', text => (text === 'true' || text === 'false' ? text === 'true' : text)],
  ['array', text => [text]]
])

function compiler(options: Pick<Options, 'useDefaults'>): Ajv {
  const ajv = new Ajv({
    ...options,
    coerceTypes: false,
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    // Of several shapes, the one that a member names is meant, and its faults are told.
    discriminator: true,
    removeAdditional: false
  })
  addFormats.default(ajv, ['email'])
  ajv.addFormat('uuid', UUID)
  ajv.addKeyword(lowerCase)
  ajv.addFormat('date', isDay)
  ajv.addFormat('date-time', isInstant)
  ajv.addFormat('local-date-time', isLocalDateTime)
  ajv.addFormat('day-or-local-date-time', text => isLocalDateTime(text) || isDay(text))
  ajv.addFormat('instant', isUtcInstant)
  ajv.addFormat('time-zone', isTimeZone)
  for (const [name, faultIn] of Object.entries(textFormats))
    ajv.addFormat(name, value => faultIn(value) === undefined)
  ajv.addKeyword(canonicalTags)
  // Hashed as UTF-8, in which all lone surrogates are the same.
  ajv.addFormat('password', value => value.isWellFormed())
  return ajv
}

const fieldErrors = (faults: readonly Fault[], part: string): FieldError[] =>
  part === 'body'
    ? [...faults]
    : faults.map(({ pointer, detail }) => ({ parameter: pointer.slice(1), detail }))

/** @param isText whether the values came as text, of which numbers are read */
function faultsOf(errors: readonly ErrorObject[], isText = false): Fault[] {
  const faults = new Map<string, string>()
  // Where one of several shapes is asked for, what each lacks would only confuse.
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf').map(({ schemaPath }) => `${schemaPath}/`)
  const plain = errors.filter(({ schemaPath }) => !unions.some(union => schemaPath.startsWith(union)))
  for (const error of plain.slice(0, MAX_ERRORS)) {
    const { path, detail } = describe(error, isText)
    if (!faults.has(path)) faults.set(path, detail)
  }
  return Array.from(faults, ([pointer, detail]) => ({ pointer, detail }))
}

function describe(
  { keyword, instancePath: path, params, schema, parentSchema, data }: ErrorObject,
  isText: boolean
) {
  if (keyword === 'required') return { path: child(path, params.missingProperty), detail: 'is required' }
  if (keyword === 'additionalProperties') {
    const known = Object.keys(parentSchema?.properties)
    return {
      path: child(path, params.additionalProperty),
      detail: unknownName(params.additionalProperty, known)
    }
  }
  if (keyword === 'type' && !(isText && schema === 'integer' && isNumeral(data)))
    return { path, detail: `must be of type ${[schema].flat().join(' or ')}` }
  const fault = keyword === 'format' ? textFormats[params.format]?.(data as string) : undefined
  return { path, detail: fault || `is not accepted; give ${parentSchema?.description}` }
}

/** Whether a text is a whole number, however it is written: then it is not its type that is wrong. */
const isNumeral = (value: unknown) =>
  typeof value === 'string' && value.trim() !== '' && Number.isInteger(Number(value))

/** The JSON pointer to a member (RFC 6901, section 3). */
const child = (path: string, name: string) => `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`

function unknownName(name: string, known: readonly string[]): string {
  const nearest = closest(name, known)
  return distance(name, nearest) <= Math.max(2, nearest.length / 3)
    ? `is not known; did you mean ${nearest}?`
    : `is not known; known are ${known.join(', ')}`
}

export default fp(validation, { name: 'validation' })
