import type { Platform } from './platform.ts'
import { ProblemError, problemOf } from './problem-error.ts'

export interface ServiceRequest {
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
  readonly isRepeatable?: boolean
  readonly signal?: AbortSignal | undefined
}

/** Tries after the first one. */
const RETRIES = 4
/** The pauses between tries are drawn from 0 to this, doubled each time (full jitter). Milliseconds. */
const FIRST_PAUSE = 300
const LONGEST_PAUSE = 10_000
/** Who has to wait for longer is told so. Milliseconds. */
const PATIENCE = 30_000

/** Not that of lines of JSON. */
const JSON_TYPE = /^application\/([\w.-]+\+)?json/

/** Of these the service says that it has done nothing. */
const UNTOUCHED = new Set<string>(['rate_limited', 'overloaded', 'idempotency_key_in_use'])
/** Here it is a person, or the keeper of the tokens, who decides. */
const FINAL = new Set<string>(['sign_in_throttled', 'access_token_not_expired'])

/**
 * Sends requests, and sends them again when that may help: after failures of the network and of the service, and when told
 * to come back later.
 * @param timeout milliseconds after which an answer counts as lost
 */
export function requestsOf(platform: Platform, baseUrl: string, timeout: number) {
  async function attempt(url: string, { signal, ...init }: RequestInit): Promise<unknown> {
    const late = platform.timeout(timeout)
    const response = await platform.fetch(url, {
      ...init,
      signal: signal ? AbortSignal.any([signal, late]) : late
    })
    if (!response.ok) throw await problemOf(response)
    if (response.status === 204) return undefined
    return JSON_TYPE.test(`${response.headers.get('content-type')}`) ? response.json() : response.text()
  }

  function pauseAfter(failure: unknown, tries: number): number {
    const jitter = platform.random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries)
    const { retryAfter = 0 } = failure instanceof ProblemError ? failure : {}
    return retryAfter * 1000 + jitter
  }

  /**
   * @returns the content of the answer
   * @throws {ProblemError} for a refusal, or what `fetch` throws when there is no answer
   */
  const send = <Answer>(request: ServiceRequest) => sendAgain(request, 0) as Promise<Answer>

  async function sendAgain(request: ServiceRequest, tries: number): Promise<unknown> {
    try {
      return await attempt(`${baseUrl}${request.path}${searchOf(request.query)}`, initOf(request))
    } catch (failure) {
      const pause = pauseAfter(failure, tries)
      const isOver = tries === RETRIES || pause > PATIENCE || request.signal?.aborted
      if (isOver || !mayRepeat(request, failure)) throw failure
      await platform.sleep(pause)
      return sendAgain(request, tries + 1)
    }
  }

  return send
}

export type Send = ReturnType<typeof requestsOf>

function mayRepeat(request: ServiceRequest, failure: unknown): boolean {
  const { isRepeatable = request.method !== 'POST' || request.key !== undefined } = request
  if (!(failure instanceof ProblemError)) return isRepeatable
  if (FINAL.has(failure.code)) return false
  if (UNTOUCHED.has(failure.code)) return true
  return isRepeatable && (failure.status >= 500 || failure.action === 'retry')
}

function initOf({
  method,
  body,
  contentType = 'application/json',
  token,
  key,
  ifMatch,
  signal
}: ServiceRequest) {
  const headers: Record<string, string> = {
    ...(body !== undefined && { 'content-type': contentType }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(key !== undefined && { 'idempotency-key': key }),
    ...(ifMatch !== undefined && { 'if-match': ifMatch })
  }
  return {
    method,
    headers,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(signal && { signal })
  }
}

/** A list is sent as its values one by one. */
function searchOf(query: object = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const one of [value].flat()) if (one !== undefined) search.append(name, String(one))
  return search.size > 0 ? `?${search}` : ''
}
