import { untilAborted } from '../http/abort.ts'
import type { Call } from '../http/calls.ts'
import { isRefusal, ProblemError } from '../http/problem-error.ts'
import { createChangePageReader, readEventStream, UnexpectedResponseError } from '../http/responses.ts'
import type { Platform } from '../platform.ts'
import type { CallOptions } from '../todos.ts'
import type { TokenManager } from '../tokens/token-manager.ts'
import type { ChangePage, ListChangesQuery } from '../types.ts'
import { readChangeStream } from './change-stream.ts'

/** Options of `client.changes`. */
export interface ChangesOptions extends CallOptions {
  /** The `next` of the last page that was processed. By default everything there is comes first. */
  readonly since?: string | undefined
  /** `poll` asks every few seconds. By default a stream is kept open, and only where none gets through the client polls. */
  readonly mode?: 'stream' | 'poll'
}

/** Where a follower is. */
interface Progress {
  since: string | undefined
  /** Failures since the last page. */
  failures: number
  /** The least pause before a reconnection, as the service says by `retry:`. Milliseconds. */
  retry: number
  /** The pause before the next request. Milliseconds. */
  delay: number
}

type Pages = AsyncGenerator<ChangePage, void, undefined>

const PATH = '/api/changes'
const DEFAULT_RETRY = 2000
const MAX_DELAY = 30_000
/** The longest pause between two polls. Milliseconds. */
const POLL_INTERVAL = 10_000
/** Milliseconds after which a stream is tried again where none got through. They double each time. */
const FALLBACK_DURATION = 60_000
const MAX_FALLBACKS = 5
/** Creates the methods that read the changes of the signed-in user's data. */
export function createChanges(platform: Platform, tokens: TokenManager, call: Call) {
  /** Until then no stream is tried: a proxy buffers it, or too many are open. */
  let streamAfter = Number.NEGATIVE_INFINITY
  let fallbacks = 0

  const toPageRequest = (query: ListChangesQuery) =>
    ({ method: 'GET', path: PATH, query, read: createChangePageReader(query.since) }) as const

  /** Reads a page of changes. */
  const listChanges = (query: ListChangesQuery = {}, options?: CallOptions): Promise<ChangePage> =>
    call({ ...toPageRequest(query), ...options })

  /** The pause after a failure: it grows, and varies. */
  const getDelay = ({ retry, failures }: Progress): number =>
    retry + platform.random() * Math.min(MAX_DELAY, retry * 2 ** failures)

  /** Reads one page. */
  async function* poll(progress: Progress, signal: AbortSignal | undefined): Pages {
    const { since } = progress
    const query = since === undefined ? {} : { since }
    const page = await call({ ...toPageRequest(query), signal, maxRetries: 0 })
    yield page
    progress.delay = page.more ? 0 : POLL_INTERVAL * (0.5 + platform.random() / 2)
  }

  /** Reads pages for as long as the stream is open. */
  async function* stream(progress: Progress, signal: AbortSignal | undefined): Pages {
    const { since } = progress
    const response = await call({
      method: 'GET',
      path: `${PATH}/stream`,
      headers: { accept: 'text/event-stream', ...(since !== undefined && { 'last-event-id': since }) },
      signal,
      maxRetries: 0,
      read: readEventStream
    })
    progress.failures += 1
    const endCode = yield* readChangeStream(platform, response, signal, retry =>
      Object.assign(progress, { retry })
    )
    progress.delay = getDelay(progress)
    if (progress.failures > 0) return
    fallbacks = 0
    // The token or the session has ended. The next request finds out which, and refreshes the pair.
    if (endCode !== undefined && endCode !== 'shutting_down') progress.delay = 0
  }

  /** @throws the error, if it is final */
  function handleFailure(error: unknown, isStreaming: boolean, progress: Progress) {
    if (isStreaming && isStreamingRefused(error)) {
      streamAfter = platform.now() + FALLBACK_DURATION * 2 ** Math.min(fallbacks, MAX_FALLBACKS)
      fallbacks += 1
      progress.delay = 0
      return
    }
    if (isRefusal(error)) throw error
    progress.failures += 1
    const { retryAfter = 0 } = error instanceof ProblemError ? error : {}
    progress.delay = retryAfter * 1000 + getDelay(progress)
  }

  /**
   * Follows the changes of the signed-in user's data, page by page, first those since a token, then those that come. It
   * reconnects by itself, for as long as it takes. It ends when the user signs out, or another one signs in.
   * @throws {ProblemError} `sync_token_expired` when the token is too old: begin without one, and drop what does not come;
   * and any other refusal that does not pass, such as that of an ended session
   */
  async function* changes({
    since,
    signal,
    mode = 'stream'
  }: ChangesOptions = {}): AsyncGenerator<ChangePage, void, undefined> {
    await untilAborted(signal, async () => tokens.reload())
    const userId = tokens.latest()?.user.id
    const progress = { since, failures: 0, retry: DEFAULT_RETRY, delay: 0 }
    while (tokens.latest()?.user.id === userId) {
      const isStreaming = mode === 'stream' && platform.now() >= streamAfter
      try {
        for await (const page of (isStreaming ? stream : poll)(progress, signal)) {
          // A stream lasts for as long as its token, also when another user has signed in.
          if (tokens.latest()?.user.id !== userId) return
          Object.assign(progress, { since: page.next, failures: 0 })
          yield page
        }
      } catch (error) {
        if (signal?.aborted) throw error
        handleFailure(error, isStreaming, progress)
      }
      await pause(platform, progress.delay, signal)
    }
  }

  return { listChanges, changes }
}

/** Whether polling may succeed where this failed. */
const isStreamingRefused = (error: unknown): boolean =>
  error instanceof ProblemError
    ? error.status === 406 || error.status === 503 || `${error.code}` === 'too_many_streams'
    : error instanceof UnexpectedResponseError || (error as Error).name === 'TimeoutError'

/** Waits, at most until the signal aborts or the network is there again. */
function pause(platform: Platform, duration: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    function finish() {
      stopTimer()
      stopListening?.()
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const stopListening = platform.onOnline?.(finish)
    const stopTimer = platform.timer(duration, finish)
    signal?.addEventListener('abort', finish)
    if (signal?.aborted) finish()
  })
}
