import { createTimeoutError } from '../http/requests.ts'
import { isChange, UnexpectedResponseError } from '../http/responses.ts'
import { isNonEmptyString, isObjectOf, type TypeGuard, tryParseJson } from '../http/type-guards.ts'
import type { Platform } from '../platform.ts'
import type { Change, ChangePage } from '../types.ts'
import { createEventParser } from './event-parser.ts'

/** Milliseconds without a byte after which a stream counts as dead. The service sends a heartbeat every 15 seconds. */
const MAX_SILENCE = 35_000

const isCaughtUp = isObjectOf<{ next: string }>({ next: isNonEmptyString })
const isEnd = isObjectOf<{ code: string }>({ code: isNonEmptyString })

/**
 * Reads the pages of an event stream. Changes that arrive together are one page.
 * @param onRetry called with the milliseconds to wait before a reconnection
 * @returns the code with which the service has ended the stream; undefined when it was cut
 * @throws {UnexpectedResponseError} for an event with unexpected content
 * @throws a `TimeoutError` when nothing arrives at all, as from a proxy that buffers; errors of the network
 */
export async function* readChangeStream(
  platform: Platform,
  response: Response,
  signal: AbortSignal | undefined,
  onRetry: (duration: number) => void
): AsyncGenerator<ChangePage, string | undefined, undefined> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  const parse = createEventParser(onRetry)
  const cancel = () => void reader.cancel().catch(() => {})
  signal?.addEventListener('abort', cancel)
  if (signal?.aborted) cancel()

  function parseData<Data>(text: string, isData: TypeGuard<Data>): Data {
    const value = tryParseJson(text)
    if (!isData(value)) throw new UnexpectedResponseError(response)
    return value
  }

  try {
    for (let isFirst = true; ; isFirst = false) {
      let isSilent = false
      const stopTimer = platform.timer(MAX_SILENCE, () => {
        isSilent = true
        cancel()
      })
      const { done, value } = await reader.read().finally(stopTimer)
      if (isSilent && isFirst) throw createTimeoutError(MAX_SILENCE)
      if (done) return undefined
      let changes: Change[] = []
      let next = ''
      for (const { type, data, lastId } of parse(decoder.decode(value, { stream: true }))) {
        if (type === 'end') return parseData(data, isEnd).code
        if (type === 'change') changes.push(parseData(data, isChange))
        next = lastId
        if (type !== 'caught-up') continue
        yield { changes, next: parseData(data, isCaughtUp).next, more: false }
        changes = []
      }
      if (changes.length > 0) yield { changes, next, more: true }
    }
  } finally {
    signal?.removeEventListener('abort', cancel)
    cancel()
  }
}
