import {
  _,
  Ajv,
  type ErrorObject,
  type FuncKeywordDefinition,
  type KeywordDefinition,
  type Name,
  type Options
} from 'ajv'
import addFormats from 'ajv-formats'
import { closest, distance } from 'fastest-levenshtein'
import type { FastifyInstance, FastifySchema } from 'fastify'
import fp from 'fastify-plugin'
import { findEmailError } from '../../src/auth/accounts/email-addresses.ts'
import { toInteger } from '../../src/http/integers.ts'
import { findLineFault, findTextFault } from '../../src/http/text.ts'
import { type Fault, type FieldError, MAX_ERRORS, validationFailed } from '../../src/problems/problem.ts'
import { isFullDate, isInstant, isLocalDateTime, isUtcInstant } from '../../src/time/rfc3339.ts'
import { isTimeZone } from '../../src/time/time-zones.ts'
import { findRuleFault } from '../../src/todos/content/repeat.ts'
import { normalizeTag } from '../../src/todos/content/tags.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Compiles a check as strict as the check of bodies, for values from elsewhere. The check returns the faults. */
    compileCheck: (schema: object) => (value: unknown) => Fault[]
  }
}

/** Longer unknown names are cut in answers, and get no suggestion. Characters. */
const MAX_NAME_LENGTH = 100

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/**
 * Replaces a text by its lower-case form. UUIDs are accepted in either case (RFC 9562, section 4); handlers see one form.
 */
const lowerCase: KeywordDefinition = {
  keyword: 'lowerCase',
  type: 'string',
  modifying: true,
  code: ({ gen, data, it: { parentData, parentDataProperty } }) =>
    gen.assign(_`${parentData}[${parentDataProperty}]`, _`${data}.toLowerCase()`)
}

/** Formats of texts whose checks describe the fault. */
const textFormats: Record<string, (text: string) => string | undefined> = {
  text: findTextFault,
  line: findLineFault,
  'idn-email': findEmailError,
  'recurrence-rule': findRuleFault
}

/** Normalizes a tag before its length and its characters are checked. */
const canonicalTag: KeywordDefinition = {
  keyword: 'canonicalTag',
  type: 'string',
  modifying: true,
  before: 'maxLength',
  code({ gen, data, it: { parentData, parentDataProperty } }) {
    const normalize = gen.scopeValue('func', { ref: normalizeTag })
    gen.assign(data as Name, _`${parentData}[${parentDataProperty}] = ${normalize}(${data})`)
  }
}

/** Normalizes the tags of a list before `uniqueItems` compares them. */
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

// Shared by all apps of the process: Ajv caches what it has compiled.
const bodyAjv = createAjv({ useDefaults: false })
const parameterAjv = createAjv({ useDefaults: true })

/**
 * Validates strictly. In bodies nothing is coerced, filled in or dropped. Parameters of URLs are texts, so they are parsed
 * as the types of the schema.
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

/** The part of a parameter schema that `compileParameterCheck` reads. */
interface ParameterSchema {
  readonly properties: Record<string, { readonly type?: string }>
}

/**
 * Compiles a check of parameters, which come as text. A text that is not of its type stays a text, and fails the check.
 * Ajv's own coercion would accept `0x10`, `1e1` and ` 5` as numbers.
 */
function compileParameterCheck(schema: ParameterSchema) {
  const validate = parameterAjv.compile<Record<string, unknown>>(schema)
  const typedParameters = Object.entries(schema.properties).flatMap(([name, { type }]) => {
    const parse = parameterParsers.get(type)
    return parse ? { name, parse } : []
  })
  return (values: Record<string, unknown>) => {
    for (const { name, parse } of typedParameters) {
      const value = values[name]
      if (typeof value === 'string') values[name] = parse(value)
    }
    return validate(values) || { error: validate.errors as ErrorObject[] }
  }
}

/** Parsers of parameters by type. Strings need none. A parser returns a text that it cannot parse as it is. */
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
    // A `discriminator` member selects one of several shapes; only the faults of that shape are reported.
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
  ajv.addKeyword(canonicalTag)
  ajv.addKeyword(canonicalTags)
  // A password is hashed as UTF-8, which maps all lone surrogates to one character.
  ajv.addFormat('password', value => value.isWellFormed())
  return ajv
}

const toFieldErrors = (faults: readonly Fault[], part: string): FieldError[] =>
  part === 'body'
    ? [...faults]
    : faults.map(({ pointer, detail }) => ({ parameter: pointer.slice(1), detail }))

/** @param isText whether the values came as texts, from which numbers were parsed */
function toFaults(errors: readonly ErrorObject[], isText = false): Fault[] {
  const faults = new Map<string, string>()
  // The faults of each alternative of an `anyOf` would confuse; the fault of the whole is reported.
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

/** Whether a text is a whole number in any notation. Then its notation or size is wrong, not its type. */
const isNumeral = (value: unknown) =>
  typeof value === 'string' && value.trim() !== '' && Number.isInteger(Number(value))

/** The JSON pointer to a member (RFC 6901, section 3). */
const toPointer = (path: string, name: string) =>
  `${path}/${truncateName(name).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** The name, cut when it is too long to be one of ours. */
const truncateName = (name: string) =>
  name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH).toWellFormed()}…` : name

function describeUnknownName(name: string, knownNames: readonly string[]): string {
  if (knownNames.length === 0) return 'is not known; leave it out, since none is taken'
  if (name.length > MAX_NAME_LENGTH) return listKnownNames(knownNames)
  const nearest = closest(name, knownNames)
  return distance(name, nearest) <= Math.max(2, nearest.length / 3)
    ? `is not known; did you mean ${nearest}?`
    : listKnownNames(knownNames)
}

const listKnownNames = (knownNames: readonly string[]) => `is not known; known are ${knownNames.join(', ')}`

export default fp(validation, { name: 'validation' })
