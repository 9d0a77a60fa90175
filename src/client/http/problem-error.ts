import type { Problem } from '../types.ts'
import { isNonEmptyString, isObjectOf, tryParseJson } from './type-guards.ts'

/** A refusal by the service: a problem document (RFC 9457). Branch on `code`. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly status: number
  /** `unknown` for an answer that is not the service's own, such as that of a proxy. */
  readonly code: Problem['code'] | 'unknown'
  /** What the client should do next. */
  readonly action: Problem['action']
  /** All invalid values. */
  readonly errors: NonNullable<Problem['errors']>
  /** Seconds to wait before the next attempt. */
  readonly retryAfter: number | undefined
  /** The whole problem document, if there is one. */
  readonly document: Problem | undefined

  constructor(status: number, document?: Problem, retryAfter?: number) {
    super(document ? `${document.title}. ${document.detail}` : `The answer is ${status}.`)
    this.status = status
    this.code = document?.code ?? 'unknown'
    this.action = document?.action
    this.errors = document?.errors ?? []
    this.retryAfter = retryAfter
    this.document = document
  }
}

/** With these actions the same request may succeed later. */
const PASSING_ACTIONS: readonly unknown[] = ['retry', 'retry-later', 'refresh']

/** Whether an error is a `ProblemError`. Its class does not tell: each bundle of a page has its own. */
export const isProblemError = isObjectOf<ProblemError>({
  name: (value): value is 'ProblemError' => value === 'ProblemError'
})

/** Whether an error is a refusal by the service that stays, however often the request is sent. */
export const isRefusal = (error: unknown): error is ProblemError =>
  isProblemError(error) &&
  error.code !== 'unknown' &&
  error.status < 500 &&
  !PASSING_ACTIONS.includes(error.action)

const hasCode = isObjectOf<Problem>({ code: (value): value is Problem['code'] => isNonEmptyString(value) })

/** Whether a problem document is Latchkey's: other services also send problem documents, some of them with a code. */
function isServiceProblem(value: unknown): value is Problem {
  if (!hasCode(value)) return false
  const typeSuffix = `/problems/${value.code}`
  return `${value.type ?? typeSuffix}`.endsWith(typeSuffix)
}

/** Creates the error for an answer that is not a success. */
export async function readProblemError(response: Response): Promise<ProblemError> {
  const { status, headers } = response
  const isProblem = headers.get('content-type')?.startsWith('application/problem+json')
  const document = isProblem ? tryParseJson(await response.text()) : undefined
  const seconds = Number.parseInt(headers.get('retry-after') ?? '', 10)
  return new ProblemError(
    status,
    isServiceProblem(document) ? document : undefined,
    seconds >= 0 ? seconds : undefined
  )
}
