import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { exampleTodoId } from '../src/http/schemas/id.ts'
import { type Action, actions, catalogue, MAX_ERRORS, type ProblemCode } from '../src/problems/problem.ts'

/** A point in time on the wire, in UTC to the millisecond (RFC 3339). */
export const Instant = (description: string) =>
  Type.Unsafe<Date>({
    type: 'string',
    format: 'date-time',
    description,
    examples: ['2026-11-23T09:30:00.000Z']
  })

export const NullableString = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], description })

/** The ids of the examples, which belong together: those of one operation are what another one answered with. */
export const exampleIds = {
  user: '01a20991-3a52-7c60-9e1b-5d0c8f7a4b11',
  session: '01a20991-3a58-7f04-8c39-0b6e2d91f7a2',
  otherSession: '01a1ffd0-77b0-7d25-b1c4-93e8a6405f6d',
  todo: exampleTodoId
}

/** Items of a page, where the request does not say how many; and at most. */
export const DEFAULT_LIMIT = 50
export const MAX_LIMIT = 200

/** How to ask for a page of a list. */
export const PageQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_LIMIT,
        default: DEFAULT_LIMIT,
        description: `a whole number from 1 to ${MAX_LIMIT}`
      })
    ),
    cursor: Type.Optional(Type.String({ description: 'the `nextCursor` of the page before' }))
  },
  { additionalProperties: false }
)

/** Refers to a schema that is registered under its name, so that generated clients have one type for it. */
export const ref = <Schema extends TSchema>(schema: Schema) =>
  Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#` })

/** What protects an operation, as OpenAPI says it. */
export const bearer = [{ bearer: [] as string[] }]

const problemCodes = Object.keys(catalogue) as ProblemCode[]

export const ProblemDocument = Type.Object(
  {
    type: Type.String({ format: 'uri-reference', description: 'where this kind of problem is documented' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'what happened and what to do next' }),
    code: Type.Unsafe<ProblemCode>({
      type: 'string',
      enum: problemCodes,
      description: 'for a program to branch on'
    }),
    instance: Type.String({ description: 'the id of the request, under which the log knows it' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.Optional(Type.String({ description: 'JSON pointer to a value in the body' })),
          parameter: Type.Optional(Type.String({ description: 'name of a parameter in the URL' })),
          detail: Type.String()
        }),
        { description: `every value that is wrong, or the first ${MAX_ERRORS}` }
      )
    ),
    index: Type.Optional(
      Type.Integer({ description: 'which of several operations it was, counted from 0; nothing was done' })
    ),
    current: Type.Optional(
      Type.Unsafe<unknown>({ $ref: 'Todo#', description: 'the present state of what was not changed' })
    ),
    action: Type.Optional(
      Type.Unsafe<Action>({
        type: 'string',
        enum: Object.keys(actions),
        description: 'what the client should do'
      })
    )
  },
  { $id: 'Problem', description: 'An error (RFC 9457).' }
)

/** Any operation may answer with these. */
const commonProblems: ProblemCode[] = ['malformed_request', 'rate_limited', 'internal_error', 'overloaded']

/** What an operation that takes a body may answer with. */
export const bodyProblems: ProblemCode[] = ['validation_failed', 'body_too_large', 'unsupported_media_type']

/** What an operation behind the `authenticate` hook may answer with. */
export const bearerProblems: ProblemCode[] = [
  'authentication_required',
  'access_token_invalid',
  'access_token_expired',
  'access_token_stale',
  'access_token_revoked'
]

/** The longest key, in characters. */
export const MAX_IDEMPOTENCY_KEY = 255

/** A key that makes a request one that may be repeated. It has no example: Swagger UI would send that with every request. */
export const IdempotencyKey = Type.String({
  pattern: `^("[ !#-~]{1,${MAX_IDEMPOTENCY_KEY}}"|[ !#-~]{1,${MAX_IDEMPOTENCY_KEY}})$`,
  description: `1 to ${MAX_IDEMPOTENCY_KEY} characters, bare or in double quotes, that nobody can guess: a UUID, say`
})

/** The headers of a request that may be repeated for a day, and takes effect once. */
export const idempotencyHeaders = Type.Object({ 'idempotency-key': Type.Optional(IdempotencyKey) })

/** The key itself, which may stand in quotes. */
export const getIdempotencyKey = (headers: { 'idempotency-key'?: string }): string | undefined =>
  headers['idempotency-key']?.replaceAll('"', '')

/** What an operation that takes an `Idempotency-Key` may answer with. */
export const idempotencyProblems: ProblemCode[] = ['idempotency_key_in_use', 'idempotency_key_reused']

/** The error answers of an operation by their status, each with an example for every code that it may carry. */
export function problemResponses(...specificCodes: ProblemCode[]) {
  const byStatus = Map.groupBy([...commonProblems, ...specificCodes], code => catalogue[code].status)
  return Object.fromEntries(Array.from(byStatus, ([status, codes]) => [status, toProblemResponse(codes)]))
}

const toProblemResponse = (codes: readonly ProblemCode[]) => ({
  description: codes.map(code => `\`${code}\`: ${catalogue[code].title}.`).join(' '),
  content: {
    'application/problem+json': {
      schema: ref(ProblemDocument),
      examples: Object.fromEntries(codes.map(code => [code, { value: createExampleProblem(code) }]))
    }
  }
})

function createExampleProblem(code: ProblemCode) {
  const entry = catalogue[code]
  return { type: `/problems/${code}`, code, instance: '01a20996-fb6c-78b7-96ed-227b58a269d2', ...entry }
}
