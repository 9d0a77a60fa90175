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
import { findEmailError } from '../../src/auth/accounts/emails.ts'
import { toInteger } from '../../src/config/integers.ts'
import { findLineFault, findTextFault } from '../../src/http/text.ts'
import { type Fault, type FieldError, MAX_ERRORS, validationFailed } from '../../src/problems/problem.ts'
import { isFullDate, isInstant, isLocalDateTime, isUtcInstant } from '../../src/time/rfc3339.ts'
import { isTimeZone } from '../../src/time/time-zones.ts'
import { normalizeTag } from '../../src/todos/content/tags.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Compiles a check that is as strict as that of a body, for values that come in some other way: it tells the faults. */
    compileCheck: (schema: object) => (value: unknown) => Fault[]
  }
}

/** The most of a name that is told, and the longest that is compared with those that are known. */
const MAX_NAME_LENGTH = 100

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
  text: findTextFault,
  line: findLineFault,
  'idn-email': findEmailError
}

/** Gives the tags of a list the form in which they are compared, before they are. */
const canonicalTags: FuncKeywordDefinition = {
  keyword: 'canonicalTags',
  type: 'array',
  modifying: true,
  before: 'items',
  errors: false,
  validate(_schema: unknown, tags: unknown[]) {
    for (const [index, tag] of tags.entries()) if (typeof tag === 'string') tags[index] = normalizeTag(tag)
    return true
  }
}

/*
 * One of each for the process, since they keep what they have compiled: an app beside another, or after it, has the same
 * schemas.
 */
const bodyAjv = createAjv({ useDefaults: false })
const parameterAjv = createAjv({ useDefaults: true })

/**
 * Validates strictly. Bodies are taken as they are: nothing is coerced, filled in or dropped. URLs are text, so their
 * parameters are read as the schema's types.
 */
async function validation(app: FastifyInstance) {
  app.decorate('compileCheck', schema => {
    const validate = bodyAjv.compile(schema)
    return value => (validate(value) ? [] : toFaults(validate.errors as ErrorObject[]))
  })
  app.setValidatorCompiler<FastifySchema & ParameterSchema>(({ schema, httpPart }) =>
    httpPart === 'body' ? bodyAjv.compile(schema) : compileParameterCheck(schema)
  )
  app.setSchemaErrorFormatter((errors, part) =>
    validationFailed(...toFieldErrors(toFaults(errors as ErrorObject[], part !== 'body'), part))
  )
}

/** A schema of parameters, as far as they are read by it. */
interface ParameterSchema {
  readonly properties: Record<string, { readonly type?: string }>
}

/**
 * Checks what comes as text. What is not written as its type is left to the check, which tells so: Ajv's own coercion takes
 * `0x10`, `1e1` and ` 5` for numbers.
 */
function compileParameterCheck(schema: ParameterSchema) {
  const validate = parameterAjv.compile<Record<string, unknown>>(schema)
  const typedParameters = Object.entries(schema.properties).flatMap(([name, { type }]) => {
    const parse = parameterParsers.get(type)
    return parse ? { name, read: parse } : []
  })
  return (values: Record<string, unknown>) => {
    for (const { name, read: parse } of typedParameters) {
      const value = values[name]
      if (typeof value === 'string') values[name] = parse(value)
    }
    return validate(values) || { error: validate.errors as ErrorObject[] }
  }
}

/** How a text is read as a type; any text is a string. */
const parameterParsers = new Map<string | undefined, (text: string) => unknown>([
  ['integer', text => toInteger(text) ?? text],
  ['boolean', text => (text === 'true' || text === 'false' ? text === 'true' : text)],
  ['array', text => [text]]
])

function createAjv(options: Pick<Options, 'useDefaults'>): Ajv {
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
  ajv.addFormat('date', isFullDate)
  ajv.addFormat('date-time', isInstant)
  ajv.addFormat('local-date-time', isLocalDateTime)
  ajv.addFormat('day-or-local-date-time', text => isLocalDateTime(text) || isFullDate(text))
  ajv.addFormat('instant', isUtcInstant)
  ajv.addFormat('time-zone', isTimeZone)
  for (const [name, findFault] of Object.entries(textFormats))
    ajv.addFormat(name, value => findFault(value) === undefined)
  ajv.addKeyword(canonicalTags)
  // Hashed as UTF-8, in which all lone surrogates are the same.
  ajv.addFormat('password', value => value.isWellFormed())
  return ajv
}

const toFieldErrors = (faults: readonly Fault[], part: string): FieldError[] =>
  part === 'body'
    ? [...faults]
    : faults.map(({ pointer, detail }) => ({ parameter: pointer.slice(1), detail }))

/** @param isText whether the values came as text, of which numbers are read */
function toFaults(errors: readonly ErrorObject[], isText = false): Fault[] {
  const faults = new Map<string, string>()
  // Where one of several shapes is asked for, what each lacks would only confuse.
  const unionPaths = [...new Set(errors.filter(({ keyword }) => keyword === 'anyOf').map(getUnionPath))]
  const reportable = errors.filter(
    ({ schemaPath }) => !unionPaths.some(unionPath => schemaPath.startsWith(unionPath))
  )
  for (const error of reportable.slice(0, MAX_ERRORS)) {
    const { path, detail } = describeFault(error, isText)
    if (!faults.has(path)) faults.set(path, detail)
  }
  return Array.from(faults, ([pointer, detail]) => ({ pointer, detail }))
}

const getUnionPath = ({ schemaPath }: ErrorObject) => `${schemaPath}/`

function describeFault(
  { keyword, instancePath: path, params, schema, parentSchema, data }: ErrorObject,
  isText: boolean
) {
  if (keyword === 'required') return { path: toPointer(path, params.missingProperty), detail: 'is required' }
  if (keyword === 'additionalProperties') {
    const knownNames = Object.keys(parentSchema?.properties)
    return {
      path: toPointer(path, params.additionalProperty),
      detail: describeUnknownName(params.additionalProperty, knownNames)
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
const toPointer = (path: string, name: string) =>
  `${path}/${truncateName(name).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** How a name begins that is too long to be one of ours. */
const truncateName = (name: string) =>
  name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH).toWellFormed()}…` : name

function describeUnknownName(name: string, knownNames: readonly string[]): string {
  if (name.length > MAX_NAME_LENGTH) return listKnownNames(knownNames)
  const nearest = closest(name, knownNames)
  return distance(name, nearest) <= Math.max(2, nearest.length / 3)
    ? `is not known; did you mean ${nearest}?`
    : listKnownNames(knownNames)
}

const listKnownNames = (knownNames: readonly string[]) => `is not known; known are ${knownNames.join(', ')}`

export default fp(validation, { name: 'validation' })
