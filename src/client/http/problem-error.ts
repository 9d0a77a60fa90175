import type { Problem } from '../types.ts'
import { isNonEmptyString, isObjectOf, tryParseJson } from './type-guards.ts'

/** What went wrong and what to do next, as the service says it (RFC 9457). Branch on `code`. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly status: number
  /** `unknown` for an answer that is not the service's own: that of a proxy, say. */
  readonly code: Problem['code'] | 'unknown'
  readonly action: Problem['action']
  /** Every value that is wrong. */
  readonly errors: NonNullable<Problem['errors']>
  /** Seconds until another try makes sense. */
  readonly retryAfter: number | undefined
  /** The whole document, where there is one. */
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

const hasCode = isObjectOf<Problem>({ code: (value): value is Problem['code'] => isNonEmptyString(value) })

/** Other services write problem documents, too, some of them with a code. */
function isServiceProblem(value: unknown): value is Problem {
  if (!hasCode(value)) return false
  const typeSuffix = `/problems/${value.code}`
  return `${value.type ?? typeSuffix}`.endsWith(typeSuffix)
}

/** Reads an answer that is not a success. */
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
