import type { Platform } from '../platform.ts'
import { ProblemError, readProblemError } from './problem-error.ts'
import type { ResponseReader } from './responses.ts'

/** A request to the service, and the reader of its answer. */
export interface ServiceRequest<Answer> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the base URL. */
  readonly path: string
  readonly query?: object | undefined
  /** A text is sent as it is; any other value is sent as JSON. */
  readonly body?: unknown
  readonly contentType?: string
  /** Headers beside those that the other members give. */
  readonly headers?: Record<string, string>
  readonly token?: string | undefined
  readonly ifMatch?: string | undefined
  /** The `Idempotency-Key`: the service carries out the request once, however often it arrives. */
  readonly key?: string | undefined
  /** Whether a second arrival does no harm. By default true, except for POST without a key. */
  readonly isIdempotent?: boolean
  readonly signal?: AbortSignal | undefined
  /** Attempts after the first one. */
  readonly maxRetries?: number
  /** Called before each retry; false gives up. */
  readonly shouldRetry?: () => Promise<boolean>
  /** Reads and checks the content of a success. */
  readonly read: ResponseReader<Answer>
}

/** Attempts after the first one, by default. */
const MAX_RETRIES = 4
/** The delay before a retry is random, from 0 to this limit, which doubles each time (full jitter). Milliseconds. */
const BASE_DELAY = 300
const MAX_DELAY = 10_000
/** A longer delay is not waited for: the caller gets the error. Milliseconds. */
const MAX_WAIT = 30_000

/** With these codes the service has not processed the request. */
const UNPROCESSED_CODES = new Set<string>(['rate_limited', 'overloaded', 'idempotency_key_in_use'])
/** With these codes the user or the token manager decides. */
const NEVER_RETRIED_CODES = new Set<string>(['sign_in_throttled', 'access_token_not_expired'])

/**
 * Creates a function that sends requests. It retries after failures of the network and of the service, and after refusals
 * with `Retry-After`.
 * @param timeout milliseconds after which an answer counts as lost
 */
export function createSend(platform: Platform, baseUrl: string, timeout: number) {
  async function exchange<Answer>(request: ServiceRequest<Answer>, signal: AbortSignal): Promise<Answer> {
    const url = `${baseUrl}${request.path}${toQueryString(request.query)}`
    const response = await platform.fetch(url, { ...toRequestInit(request), signal })
    if (!response.ok) throw await readProblemError(response)
    return request.read(response)
  }

  /** Sends once, with the timeout. Many browsers lack `AbortSignal.any` and `AbortSignal.timeout`. */
  function attempt<Answer>(request: ServiceRequest<Answer>): Promise<Answer> {
    const { signal } = request
    const controller = new AbortController()
    const onAbort = () => controller.abort(signal?.reason)
    let hasTimedOut = false
    const stopTimer = platform.timer(timeout, () => {
      hasTimedOut = true
      controller.abort()
    })
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted) onAbort()
    return exchange(request, controller.signal)
      .catch(failure => {
        throw hasTimedOut ? createTimeoutError(timeout) : failure
      })
      .finally(() => {
        stopTimer()
        signal?.removeEventListener('abort', onAbort)
      })
  }

  function getRetryDelay(failure: unknown, retries: number): number {
    const jitter = platform.random() * Math.min(MAX_DELAY, BASE_DELAY * 2 ** retries)
    const { retryAfter = 0 } = failure instanceof ProblemError ? failure : {}
    return retryAfter * 1000 + jitter
  }

  /**
   * @returns the content of the answer
   * @throws {ProblemError} for a refusal
   * @throws {UnexpectedResponseError} for a success with unexpected content
   * @throws errors of `fetch` when no answer comes, or a `TimeoutError`
   */
  const send = <Answer>(request: ServiceRequest<Answer>) => sendWithRetries(request, 0)

  async function sendWithRetries<Answer>(request: ServiceRequest<Answer>, retries: number): Promise<Answer> {
    try {
      return await attempt(request)
    } catch (failure) {
      const delay = getRetryDelay(failure, retries)
      const { maxRetries = MAX_RETRIES } = request
      const isExhausted = retries === maxRetries || delay > MAX_WAIT || request.signal?.aborted
      if (isExhausted || !mayRetry(request, failure)) throw failure
      await platform.sleep(delay, request.signal)
      if (request.signal?.aborted) throw failure
      if (request.shouldRetry && !(await request.shouldRetry())) throw failure
      return sendWithRetries(request, retries + 1)
    }
  }

  return send
}

export type Send = ReturnType<typeof createSend>

export const createTimeoutError = (timeout: number) =>
  Object.assign(new Error(`No answer came within ${timeout} ms.`), { name: 'TimeoutError' })

function mayRetry(request: ServiceRequest<unknown>, failure: unknown): boolean {
  const { isIdempotent = request.method !== 'POST' || request.key !== undefined } = request
  // An answer of another server counts as no answer, whatever its status.
  if (!(failure instanceof ProblemError) || failure.code === 'unknown') return isIdempotent
  if (NEVER_RETRIED_CODES.has(failure.code)) return false
  if (UNPROCESSED_CODES.has(failure.code)) return true
  return isIdempotent && (failure.status >= 500 || failure.action === 'retry')
}

function toRequestInit(request: ServiceRequest<unknown>) {
  const { method, body, contentType = 'application/json', token, key, ifMatch } = request
  const headers: Record<string, string> = {
    ...request.headers,
    ...(body !== undefined && { 'content-type': contentType }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(key !== undefined && { 'idempotency-key': key }),
    ...(ifMatch !== undefined && { 'if-match': ifMatch })
  }
  return {
    method,
    headers,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) })
  }
}

/** Encodes a text for a URL. A lone surrogate, half of a cut emoji, would throw; it becomes U+FFFD. */
const encodeQueryText = (text: string) => encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd'))

/**
 * Encodes a query string. A list becomes one parameter for each value. `URLSearchParams` is incomplete in React Native, and
 * in older Safari it has no `size`.
 */
function toQueryString(query: object = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value]
      .flat()
      .filter(item => item !== undefined)
      .map(item => `${encodeQueryText(name)}=${encodeQueryText(String(item))}`)
  )
  return pairs.length > 0 ? `?${pairs.join('&')}` : ''
}
