/** What a client should do after a refusal; a program branches on the name, not on the words. */
export const actions = {
  refresh: 'Exchange the pair of tokens at POST /api/auth/refresh, then repeat the request with the new one.',
  retry: 'Send the same request again.',
  'retry-later': 'Wait for the seconds in Retry-After, then send the same request again.',
  'sign-in': 'Forget the tokens and let the user sign in.',
  'use-latest': 'Take the tokens that another tab or request has just got, and go on with them.'
}

export type Action = keyof typeof actions

interface CatalogueEntry {
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly action?: Action
}

/**
 * Every error that the service answers with. `detail` says what happened and what to do next; src/problems/guides.ts
 * says so at greater length.
 * Titles also serve as `error_description`, so they stay plain ASCII without quotes (RFC 6750, section 3).
 */
export const catalogue = {
  malformed_request: {
    status: 400,
    title: 'The request could not be read',
    detail:
      'The address, a header or the body is not well formed. Escape what stands in an address, and send valid JSON, encoded as UTF-8.'
  },
  request_refused: {
    status: 400,
    title: 'The request was refused',
    detail: 'It is not accepted as it is; the status says why. Compare it with the documentation.'
  },
  validation_failed: {
    status: 400,
    title: 'The request is not valid',
    detail: 'Correct the fields listed in errors and send the request again.'
  },
  authentication_required: {
    status: 401,
    title: 'Authentication is required',
    detail: 'Sign in and send the access token as "Authorization: Bearer <token>".',
    action: 'sign-in'
  },
  invalid_credentials: {
    status: 401,
    title: 'The e-mail or the password is wrong',
    detail: 'Check both and try again.',
    action: 'sign-in'
  },
  access_token_invalid: {
    status: 401,
    title: 'The access token is not valid',
    detail: 'The access token was not issued by this service, or it was damaged. Sign in to get a new one.',
    action: 'sign-in'
  },
  access_token_expired: {
    status: 401,
    title: 'The access token has expired',
    detail: 'Refresh it with the refresh token and repeat the request.',
    action: 'refresh'
  },
  access_token_revoked: {
    status: 401,
    title: 'The access token has been revoked',
    detail: 'Its session has ended. Sign in again.',
    action: 'sign-in'
  },
  access_token_stale: {
    status: 401,
    title: 'The access token is stale',
    detail: 'The password was changed since. Refresh it with the refresh token, before its expiry too.',
    action: 'refresh'
  },
  refresh_token_invalid: {
    status: 401,
    title: 'The refresh token is not valid',
    detail: 'The refresh token was not issued by this service, or it was damaged. Sign in again.',
    action: 'sign-in'
  },
  refresh_token_expired: {
    status: 401,
    title: 'The refresh token has expired',
    detail: 'The session was not used for too long, or it has reached its end. Sign in again.',
    action: 'sign-in'
  },
  refresh_token_used: {
    status: 401,
    title: 'The refresh token has been used',
    detail:
      'A refresh token works once. If another tab has just refreshed, use the pair that it got; otherwise sign in again.',
    action: 'sign-in'
  },
  refresh_token_revoked: {
    status: 401,
    title: 'The refresh token has been revoked',
    detail: 'Its session has ended. Sign in again.',
    action: 'sign-in'
  },
  token_pair_mismatch: {
    status: 401,
    title: 'The tokens do not belong together',
    detail: 'Send the access token and the refresh token of one and the same answer, or sign in again.',
    action: 'sign-in'
  },
  password_wrong: {
    status: 403,
    title: 'The password is wrong',
    detail: 'Give the password that the account has now.'
  },
  account_disabled: {
    status: 403,
    title: 'The account is disabled',
    detail: 'Ask those who run the service. Nothing of the account is lost.'
  },
  quota_exceeded: {
    status: 403,
    title: 'The account has as many todos as it may have',
    detail:
      'Nothing was done. Delete some for good, those in the trash count as well; /api/limits tells how many todos and bytes there may be.'
  },
  password_change_required: {
    status: 403,
    title: 'The password has to be changed',
    detail: 'It was set for you by those who run the service. Sign in with it and a newPassword of your own.'
  },
  password_expired: {
    status: 403,
    title: 'The password has expired',
    detail: 'It was set for you by those who run the service, and not changed in time. Ask them for another.'
  },
  not_found: {
    status: 404,
    title: 'There is nothing at this address',
    detail: 'Check the path: it is case-sensitive and has no slash at its end.'
  },
  session_not_found: {
    status: 404,
    title: 'There is no such session',
    detail: 'It has ended, or the id is wrong. List the sessions to see those that live.'
  },
  todo_not_found: {
    status: 404,
    title: 'There is no such todo',
    detail: 'It was deleted, or the id is wrong. List the todos to see those that exist.'
  },
  method_not_allowed: {
    status: 405,
    title: 'The method is not allowed here',
    detail: 'Use one of the methods in the Allow header.'
  },
  not_acceptable: {
    status: 406,
    title: 'There is no answer of an accepted media type',
    detail: 'Send no Accept header, or one that has a media type of the documentation.'
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    detail: 'Send the whole request without a pause.',
    action: 'retry'
  },
  access_token_not_expired: {
    status: 409,
    title: 'The access token has not expired yet',
    detail: 'Go on using it, and refresh it after the seconds in Retry-After.',
    action: 'retry-later'
  },
  already_taken: {
    status: 409,
    title: 'The account could not be made',
    detail: 'The values listed in errors belong to another account. Choose others, or sign in.'
  },
  idempotency_key_in_use: {
    status: 409,
    title: 'A request with this key is under way',
    detail: 'Wait for the seconds in Retry-After, then send the same request again to get its answer.',
    action: 'retry-later'
  },
  precondition_failed: {
    status: 412,
    title: 'The todo is not in the expected state',
    detail:
      'It was changed since; nothing was done. Look at its present state in current, and try again with its ETag.'
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    detail: 'Send less at a time; /api/limits tells how much is taken.'
  },
  uri_too_long: {
    status: 414,
    title: 'The address is too long',
    detail: 'Shorten the path.'
  },
  unsupported_media_type: {
    status: 415,
    title: 'The media type is not supported',
    detail: 'Send the body as one of the types in the Accept header of this answer.'
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The key belongs to another request',
    detail:
      'Send a new Idempotency-Key with each new request, and the same one only with the very same request.'
  },
  precondition_required: {
    status: 428,
    title: 'The request must be conditional',
    detail: 'Send the ETag of the state that you mean to change as If-Match.'
  },
  sign_in_throttled: {
    status: 429,
    title: 'Too many sign-ins have failed',
    detail: 'Wait for the seconds in Retry-After, then try again. Until then no password is checked.',
    action: 'retry-later'
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    detail: 'Wait for the seconds in Retry-After, then try again.',
    action: 'retry-later'
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    detail: 'Send fewer or shorter headers.'
  },
  internal_error: {
    status: 500,
    title: 'Something went wrong on our side',
    detail: 'It has been logged under the id in instance. Try again; if it stays, report that id.',
    action: 'retry'
  },
  overloaded: {
    status: 503,
    title: 'The service is busy',
    detail: 'Nothing was done. Wait for the seconds in Retry-After, then try again.',
    action: 'retry-later'
  },
  shutting_down: {
    status: 503,
    title: 'The service is shutting down',
    detail:
      'Send requests to another instance, or wait for the seconds in Retry-After: it may be back by then.',
    action: 'retry-later'
  },
  database_unavailable: {
    status: 503,
    title: 'The database does not answer',
    detail:
      'Wait for the seconds in Retry-After, then try again. A write may yet have been done, if only its answer was lost.',
    action: 'retry-later'
  }
} as const satisfies Record<string, CatalogueEntry>

export type ProblemCode = keyof typeof catalogue

/** A wrong value, and what is wrong with it: `pointer` into the body (RFC 6901). */
export interface Fault {
  readonly pointer: string
  readonly detail: string
}

/** One wrong value: in the body, or the `parameter` of that name in the URL. */
export type FieldError = Fault | { readonly parameter: string; readonly detail: string }

/** The longest list of faults in one answer: a body can hold thousands. */
export const MAX_ERRORS = 100

interface ProblemOptions {
  /** Instead of that of the catalogue: of a refusal by a part that knows no more than a status. */
  status?: number
  detail?: string
  action?: Action
  errors?: FieldError[]
  /** Which of several operations it was, counted from 0. */
  index?: number
  /** The present state of what was not changed. */
  current?: unknown
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
    super(catalogue[code].title)
    this.code = code
    this.status = options.status ?? catalogue[code].status
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

  /** The same problem with one more wrong value, unless what is wrong with that is told already. */
  withFault(fault: Fault): Problem {
    const { errors = [], ...rest } = this.#particulars
    const isListed = errors.some(error => 'pointer' in error && error.pointer === fault.pointer)
    if (isListed) return this
    return new Problem(this.code, { ...rest, errors: [...errors, fault].slice(0, MAX_ERRORS) })
  }

  /**
   * The problem document (RFC 9457).
   * @param instance names this occurrence: the request id, under which the log knows it
   */
  toDocument(instance: string) {
    const entry: CatalogueEntry = catalogue[this.code]
    const { detail = entry.detail, action = entry.action, errors, index, current } = this.#particulars
    return {
      type: `/problems/${this.code}`,
      title: entry.title,
      status: this.status,
      detail,
      code: this.code,
      instance,
      ...(errors && { errors }),
      ...(index !== undefined && { index }),
      ...(current !== undefined && { current }),
      ...(action && { action })
    }
  }
}

/** The problem of a request with values that are wrong, each of which it names. */
export const validationFailed = (...errors: FieldError[]): Problem =>
  new Problem('validation_failed', { errors })
