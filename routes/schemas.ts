import { type Static, type TSchema, Type } from '@sinclair/typebox'
import type { Scope } from '../src/auth/personal-access-tokens/scopes.ts'
import { authenticationMethods } from '../src/auth/sessions/authentication.ts'
import { catalogue } from '../src/features.ts'
import { exampleId } from '../src/http/schemas/id.ts'
import { Nullable, StringEnum } from '../src/http/schemas/types.ts'
import { MAX_ERRORS, type ProblemCode } from '../src/problems/problem.ts'
import { type Action, actions } from '../src/problems/problem-type.ts'

/** An instant in an answer, in UTC with milliseconds (RFC 3339). Handlers return a `Date`; the serializer writes the text. */
export const Instant = (description: string) =>
  Type.Unsafe<Date>({
    type: 'string',
    format: 'date-time',
    description,
    examples: ['2026-11-23T09:30:00.000Z']
  })

/** A text or null, in an answer. */
export const NullableString = (description: string) => Nullable(Type.String({ description }))

/** The ids in all examples. They belong together: one operation uses the ids that another one returned. */
export const exampleIds = {
  user: '01a20991-3a52-7c60-9e1b-5d0c8f7a4b11',
  session: '01a20991-3a58-7f04-8c39-0b6e2d91f7a2',
  otherSession: '01a1ffd0-77b0-7d25-b1c4-93e8a6405f6d',
  challenge: '01a20993-1f0c-7aa1-8d5e-2b7c9e0f4a63',
  passkey: '01a20994-0c1b-7e65-9a3f-71d2c84b0e95',
  factor: '01a20994-77d1-7e3a-9b60-c1d58f2e4a97',
  personalAccessToken: '01a20995-4d17-7e88-a3b2-6f1d0c9e5a34',
  todo: exampleId,
  list: '01a20996-a1c3-7d52-b8e4-60f97a3b5c18',
  completion: '01a209a4-51e0-7b3d-9c64-2f8e7d1a0b53'
}

/** Items of a page: the default, and the maximum. */
export const DEFAULT_LIMIT = 50
export const MAX_LIMIT = 200

/** The query parameter that limits a page. */
export const PageLimit = (defaultLimit: number, maxLimit: number) =>
  Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: maxLimit,
      default: defaultLimit,
      description: `a whole number from 1 to ${maxLimit}`
    })
  )

/** The query parameters of a paged list. */
export const PageQuery = Type.Object(
  {
    limit: PageLimit(DEFAULT_LIMIT, MAX_LIMIT),
    cursor: Type.Optional(Type.String({ description: 'the `nextCursor` of the previous page' }))
  },
  { additionalProperties: false }
)

/** Refers to a registered schema by its `$id`, so that generated clients have one type for it. */
export const ref = <Schema extends TSchema>(schema: Schema) =>
  Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#` })

/** The OpenAPI `security` of an operation that takes the access token of a session, and nothing else. */
export const bearer = [{ bearer: [] as string[] }]

/**
 * The OpenAPI `security` of an operation that a personal access token with a scope may do as well. The hooks of
 * plugins/authenticate.ts demand the scope that is named here.
 */
export const bearerWithScope = (scope: Scope) => [...bearer, { personalAccessToken: [scope] }]

const problemCodes = Object.keys(catalogue) as ProblemCode[]

export const ProblemDocument = Type.Object(
  {
    type: Type.String({ format: 'uri-reference', description: 'the documentation of this problem type' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'what happened and what to do next' }),
    code: StringEnum(problemCodes, { description: 'for a program to branch on' }),
    instance: Type.String({ description: 'the id of the request, as in the log' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.Optional(Type.String({ description: 'JSON pointer to a value in the body' })),
          parameter: Type.Optional(Type.String({ description: 'name of a parameter in the URL' })),
          detail: Type.String()
        }),
        { description: `all invalid values, or the first ${MAX_ERRORS}` }
      )
    ),
    index: Type.Optional(
      Type.Integer({
        description: 'the operation of the batch that failed, counted from 0; no operation took effect'
      })
    ),
    current: Type.Optional(
      Type.Unsafe<object>({
        anyOf: [{ $ref: 'Todo#' }, { $ref: 'List#' }],
        description: 'the present state of the unchanged todo or list'
      })
    ),
    methods: Type.Optional(
      Type.Array(StringEnum(authenticationMethods), {
        description: 'of `second_factor_required`: what the account can show'
      })
    ),
    challenge: Type.Optional(
      Type.String({ description: 'of `second_factor_required`: goes with what the user shows' })
    ),
    expiresIn: Type.Optional(
      Type.Integer({ description: 'of `second_factor_required`: seconds for which the challenge is good' })
    ),
    action: Type.Optional(
      StringEnum(Object.keys(actions) as Action[], { description: 'what the client should do' })
    )
  },
  { $id: 'Problem', description: 'An error (RFC 9457).' }
)

/** Problems of every operation, in the API and outside of it. */
const commonProblems: ProblemCode[] = ['malformed_request', 'rate_limited', 'internal_error', 'overloaded']

/** Problems of operations with a body. */
export const bodyProblems: ProblemCode[] = ['validation_failed', 'body_too_large', 'unsupported_media_type']

/** Problems of operations behind a hook that authenticates. */
export const bearerProblems: ProblemCode[] = [
  'authentication_required',
  'access_token_invalid',
  'access_token_expired',
  'access_token_stale',
  'access_token_revoked',
  'personal_access_token_invalid',
  'personal_access_token_expired',
  'insufficient_scope'
]

/** The longest Idempotency-Key, in characters. */
export const MAX_IDEMPOTENCY_KEY = 255

/** The value of `Idempotency-Key`. The schema has no example, because Swagger UI would send the example each time. */
export const IdempotencyKey = Type.String({
  pattern: `^("[ !#-~]{1,${MAX_IDEMPOTENCY_KEY}}"|[ !#-~]{1,${MAX_IDEMPOTENCY_KEY}})$`,
  description: `1 to ${MAX_IDEMPOTENCY_KEY} characters, bare or in double quotes, that nobody can guess, such as a UUID`
})

/** The headers of an operation that takes effect once, however often it is repeated within a day. */
export const idempotencyHeaders = Type.Object({ 'idempotency-key': Type.Optional(IdempotencyKey) })

/** The Idempotency-Key of a request without its quotes. */
export const getIdempotencyKey = (headers: { 'idempotency-key'?: string }): string | undefined =>
  headers['idempotency-key']?.replaceAll('"', '')

/** Problems of operations that take an `Idempotency-Key`. */
export const idempotencyProblems: ProblemCode[] = ['idempotency_key_in_use', 'idempotency_key_reused']

/**
 * The error responses of an operation of the API, which refuses unknown parameters, by status, with an example for each code.
 * @param specificCodes the codes beside those of every operation
 */
export const problemResponses = (...specificCodes: ProblemCode[]) =>
  openProblemResponses('validation_failed', ...specificCodes)

/**
 * The error responses of an operation outside of the API, which takes any query.
 * @param specificCodes the codes beside those of every operation
 */
export function openProblemResponses(...specificCodes: ProblemCode[]) {
  const codes = new Set([...commonProblems, ...specificCodes])
  const byStatus = Map.groupBy(codes, code => catalogue[code].status)
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
  const { cause, next, ...rest } = catalogue[code]
  return { type: `/problems/${code}`, code, instance: '01a20996-fb6c-78b7-96ed-227b58a269d2', ...rest }
}
