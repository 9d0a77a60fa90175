import { _, Ajv, type ErrorObject, type KeywordDefinition, type Options } from 'ajv'
import addFormats from 'ajv-formats'
import { closest, distance } from 'fastest-levenshtein'
import type { FastifyInstance, FastifySchema } from 'fastify'
import fp from 'fastify-plugin'
import { type Fault, type FieldError, invalid, MAX_ERRORS } from '../src/errors.ts'
import { isDay, isInstant, isLocalDateTime, isUtcInstant } from '../src/times.ts'
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

/*
 * One of each for the process, since they keep what they have compiled: an app beside another, or after it, has the same
 * schemas.
 */
const body = compiler({ coerceTypes: false, useDefaults: false })
const url = compiler({ coerceTypes: 'array', useDefaults: true })

/**
 * Validates strictly. Bodies are taken as they are: nothing is coerced, filled in or dropped. URLs are text, so their
 * parameters are coerced to the schema's types.
 */
async function validation(app: FastifyInstance) {
  app.decorate('checkOf', schema => {
    const validate = body.compile(schema)
    return value => (validate(value) ? [] : faultsOf(validate.errors as ErrorObject[]))
  })
  app.setValidatorCompiler<FastifySchema>(({ schema, httpPart }) =>
    (httpPart === 'body' ? body : url).compile(schema)
  )
  app.setSchemaErrorFormatter((errors, part) =>
    invalid(...fieldErrors(faultsOf(errors as ErrorObject[]), part))
  )
}

function compiler(options: Pick<Options, 'coerceTypes' | 'useDefaults'>): Ajv {
  const ajv = new Ajv({
    ...options,
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
  // What both databases keep to the character: PostgreSQL has no U+0000, and UTF-8 no lone surrogates.
  ajv.addFormat('text', value => value.isWellFormed() && !value.includes('\0'))
  // Hashed as UTF-8, in which all lone surrogates are the same.
  ajv.addFormat('password', value => value.isWellFormed())
  return ajv
}

const fieldErrors = (faults: readonly Fault[], part: string): FieldError[] =>
  part === 'body'
    ? [...faults]
    : faults.map(({ pointer, detail }) => ({ parameter: pointer.slice(1), detail }))

function faultsOf(errors: readonly ErrorObject[]): Fault[] {
  const faults = new Map<string, string>()
  // Where one of several shapes is asked for, what each lacks would only confuse.
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf').map(({ schemaPath }) => `${schemaPath}/`)
  const plain = errors.filter(({ schemaPath }) => !unions.some(union => schemaPath.startsWith(union)))
  for (const error of plain.slice(0, MAX_ERRORS)) {
    const { path, detail } = describe(error)
    if (!faults.has(path)) faults.set(path, detail)
  }
  return Array.from(faults, ([pointer, detail]) => ({ pointer, detail }))
}

function describe({ keyword, instancePath: path, params, schema, parentSchema }: ErrorObject) {
  if (keyword === 'required') return { path: child(path, params.missingProperty), detail: 'is required' }
  if (keyword === 'additionalProperties') {
    const known = Object.keys(parentSchema?.properties)
    return {
      path: child(path, params.additionalProperty),
      detail: unknownName(params.additionalProperty, known)
    }
  }
  if (keyword === 'type') return { path, detail: `must be of type ${[schema].flat().join(' or ')}` }
  return { path, detail: `is not accepted; give ${parentSchema?.description}` }
}

/** The JSON pointer to a member (RFC 6901, section 3). */
const child = (path: string, name: string) => `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`

function unknownName(name: string, known: readonly string[]): string {
  const nearest = closest(name, known)
  return distance(name, nearest) <= Math.max(2, nearest.length / 3)
    ? `is not known; did you mean ${nearest}?`
    : `is not known; known are ${known.join(', ')}`
}

export default fp(validation, { name: 'validation' })
