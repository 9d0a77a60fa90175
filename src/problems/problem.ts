import { type HttpProblems, httpProblems } from './http-problems.ts'
import type { Action, ProblemType } from './problem-type.ts'

/** The kinds of problem by their codes. The file of a feature's problems adds them here. */
export interface ProblemCatalogue extends HttpProblems {}

export type ProblemCode = keyof ProblemCatalogue

const types: Partial<Record<ProblemCode, ProblemType>> = { ...httpProblems }

/** Adds the kinds of problem of a feature, before the first of them. */
export function addProblemTypes(featureTypes: Partial<Record<ProblemCode, ProblemType>>): void {
  Object.assign(types, featureTypes)
}

const getType = (code: ProblemCode) => types[code] as ProblemType

/** A wrong value, and what is wrong with it: `pointer` into the body (RFC 6901). */
export interface Fault {
  readonly pointer: string
  readonly detail: string
}

/** One wrong value: in the body, or the `parameter` of that name in the URL. */
export type FieldError = Fault | { readonly parameter: string; readonly detail: string }

/** The longest list of faults in one answer: a body can hold thousands. */
export const MAX_ERRORS = 100

export interface ProblemOptions {
  /** Instead of that of the catalogue: of a refusal by a part that knows no more than a status. */
  status?: number
  detail?: string
  action?: Action
  errors?: FieldError[]
  /** Which of several operations it was, counted from 0. */
  index?: number
  /** The present state of what was not changed. */
  current?: unknown
  /** Further members of the document, which go with the code (RFC 9457, section 3.2). */
  extensions?: Readonly<Record<string, unknown>>
  headers?: Record<string, string>
  /** Seconds until another try makes sense. */
  retryAfter?: number
}

/** An error that is meant for the client: an entry of the catalogue with the particulars of this case. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly #particulars: ProblemOptions

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    super(getType(code).title)
    this.code = code
    this.status = options.status ?? getType(code).status
    this.#particulars = options
    this.headers = {
      ...options.headers,
      ...(options.retryAfter !== undefined && { 'retry-after': String(options.retryAfter) })
    }
  }

  /** The same problem, as that of one of several operations, which are listed in the body. */
  forOperation(index: number): Problem {
    const { errors = [], ...rest } = this.#particulars
    const located = errors.map(error => ({
      detail: error.detail,
      pointer: `/operations/${index}${'pointer' in error ? error.pointer : `/where/${error.parameter}`}`
    }))
    return new Problem(this.code, { ...rest, index, ...(located.length > 0 && { errors: located }) })
  }

  /** Whether the value that a pointer names is among those that are wrong. */
  hasFault(pointer: string): boolean {
    const { errors = [] } = this.#particulars
    return errors.some(error => 'pointer' in error && error.pointer === pointer)
  }

  /** The same problem with one more wrong value, unless what is wrong with that is told already. */
  withFault(fault: Fault): Problem {
    const { errors = [], ...rest } = this.#particulars
    if (this.hasFault(fault.pointer)) return this
    return new Problem(this.code, { ...rest, errors: [...errors, fault].slice(0, MAX_ERRORS) })
  }

  /**
   * The problem document (RFC 9457).
   * @param instance names this occurrence: the request id, under which the log knows it
   */
  toDocument(instance: string) {
    const type = getType(this.code)
    const {
      detail = type.detail,
      action = type.action,
      errors,
      index,
      current,
      extensions
    } = this.#particulars
    return {
      type: `/problems/${this.code}`,
      title: type.title,
      status: this.status,
      detail,
      code: this.code,
      instance,
      ...(errors && { errors }),
      ...(index !== undefined && { index }),
      ...(current !== undefined && { current }),
      ...(action && { action }),
      ...extensions
    }
  }
}

/** The problem of a request with values that are wrong, each of which it names. */
export const validationFailed = (...errors: FieldError[]): Problem =>
  new Problem('validation_failed', { errors })
