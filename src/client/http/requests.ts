import type { Platform } from '../platform.ts'
import { ProblemError, readProblemError } from './problem-error.ts'
import type { ResponseReader } from './responses.ts'

export interface ServiceRequest<Answer> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the base URL. */
  readonly path: string
  readonly query?: object | undefined
  /** JSON is made of it, but of a text. */
  readonly body?: unknown
  readonly contentType?: string
  readonly token?: string | undefined
  readonly ifMatch?: string | undefined
  /** Makes the service carry out the request once, however often it arrives. */
  readonly key?: string | undefined
  /** Whether it does no harm when it arrives twice. By default, that of all methods but POST, and of POST with a key. */
  readonly isIdempotent?: boolean
  readonly signal?: AbortSignal | undefined
  /** Asked before each repetition. */
  readonly shouldRetry?: () => Promise<boolean>
  /** Takes nothing for the answer that is not what was asked for. */
  readonly read: ResponseReader<Answer>
}

/** Tries after the first one. */
const MAX_RETRIES = 4
/** The pauses between tries are drawn from 0 to this, doubled each time (full jitter). Milliseconds. */
const BASE_DELAY = 300
const MAX_DELAY = 10_000
/** Who has to wait for longer is told so. Milliseconds. */
const MAX_WAIT = 30_000

/** Of these the service says that it has done nothing. */
const UNPROCESSED_CODES = new Set<string>(['rate_limited', 'overloaded', 'idempotency_key_in_use'])
/** Here it is a person, or the keeper of the tokens, who decides. */
const NEVER_RETRIED_CODES = new Set<string>(['sign_in_throttled', 'access_token_not_expired'])

/**
 * Sends requests, and sends them again when that may help: after failures of the network and of the service, and when told
 * to come back later.
 * @param timeout milliseconds after which an answer counts as lost
 */
export function createSend(platform: Platform, baseUrl: string, timeout: number) {
  async function exchange<Answer>(request: ServiceRequest<Answer>, signal: AbortSignal): Promise<Answer> {
    const url = `${baseUrl}${request.path}${toQueryString(request.query)}`
    const response = await platform.fetch(url, { ...toRequestInit(request), signal })
    if (!response.ok) throw await readProblemError(response)
    return request.read(response)
  }

  /** Ends when it takes too long, too. `AbortSignal.any` and `AbortSignal.timeout` would do it, but many browsers lack them. */
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
   * @throws {UnexpectedResponseError} for a success that is not what was asked for
   * @throws what `fetch` throws when there is no answer, or a `TimeoutError`
   */
  const send = <Answer>(request: ServiceRequest<Answer>) => sendWithRetries(request, 0)

  async function sendWithRetries<Answer>(request: ServiceRequest<Answer>, retries: number): Promise<Answer> {
    try {
      return await attempt(request)
    } catch (failure) {
      const delay = getRetryDelay(failure, retries)
      const isExhausted = retries === MAX_RETRIES || delay > MAX_WAIT || request.signal?.aborted
      if (isExhausted || !mayRetry(request, failure)) throw failure
      await platform.sleep(delay)
      if (request.shouldRetry && !(await request.shouldRetry())) throw failure
      return sendWithRetries(request, retries + 1)
    }
  }

  return send
}

export type Send = ReturnType<typeof createSend>

const createTimeoutError = (timeout: number) =>
  Object.assign(new Error(`No answer came within ${timeout} ms.`), { name: 'TimeoutError' })

function mayRetry(request: ServiceRequest<unknown>, failure: unknown): boolean {
  const { isIdempotent: isRepeatable = request.method !== 'POST' || request.key !== undefined } = request
  // What the service has not said is as good as no answer, whatever its status.
  if (!(failure instanceof ProblemError) || failure.code === 'unknown') return isRepeatable
  if (NEVER_RETRIED_CODES.has(failure.code)) return false
  if (UNPROCESSED_CODES.has(failure.code)) return true
  return isRepeatable && (failure.status >= 500 || failure.action === 'retry')
}

function toRequestInit(request: ServiceRequest<unknown>) {
  const { method, body, contentType = 'application/json', token, key, ifMatch } = request
  const headers: Record<string, string> = {
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

/** Writes a text into a URL. Half a pair of surrogates, as is left of an emoji that was cut in two, cannot be written. */
const encodeQueryText = (text: string) => encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd'))

/**
 * A list is sent as its values one by one. `URLSearchParams` is not whole everywhere: older Safari does not count it, React
 * Native has hardly more than its name.
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
