import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { AppOptions } from '../../../src/app.ts'
import type { Settings } from '../../support/service.ts'
import { serveSignedIn } from '../../todos/signed-in.ts'

/** A server-sent event, or what stands for a comment or a pause before the next attempt. */
export interface StreamEvent {
  event: string
  id?: string
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what it expects of an event, whatever its type says
  data?: any
}

export interface FollowOptions {
  readonly token?: string
  readonly since?: string
  readonly headers?: Record<string, string>
}

/** A service that listens, with a signed-in user. */
export async function serveStreams(
  t: Test,
  settings: Settings = {},
  options: Pick<AppOptions, 'timeouts' | 'streamIntervals'> = {}
) {
  const service = await serveSignedIn(t, settings, options)
  const origin = await service.app.listen({ port: 0, host: '127.0.0.1' })
  return { ...service, origin }
}

/** Opens a stream of changes as bytes. */
export async function openStream(t: Test, origin: string, { token, since, headers }: FollowOptions) {
  const query = since === undefined ? '' : `?since=${encodeURIComponent(since)}`
  const call = request(`${origin}/api/changes/stream${query}`, {
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
    agent: false
  }).end()
  call.on('error', () => {})
  t.teardown(() => call.destroy())
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  return { response, close: () => call.destroy() }
}

/** Follows a stream of changes. */
export async function follow(t: Test, origin: string, options: FollowOptions) {
  const { response, close } = await openStream(t, origin, options)
  let text = ''
  let hasEnded = false
  response.setEncoding('utf8').on('data', chunk => (text += chunk))
  response.on('close', () => (hasEnded = true))
  response.on('error', () => {})

  const events = () => parseEvents(text)

  /** Waits until what has come is as expected. */
  async function until(isExpected: (events: StreamEvent[]) => boolean) {
    while (!isExpected(events()) && !hasEnded) await sleep(5)
    return events()
  }

  return {
    response,
    close,
    text: () => text,
    events,
    until,
    /** Waits until so many times all changes were sent. */
    untilCaughtUp: (times = 1) =>
      until(events => events.filter(({ event }) => event === 'caught-up').length >= times),
    /** Waits for the end of the stream. */
    async untilEnd() {
      while (!hasEnded) await sleep(5)
      return events()
    }
  }
}

/** The events of a text, of which the last one may be there in part. */
export function parseEvents(text: string): StreamEvent[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .map(block => {
      const fields = block.split('\n').map(line => line.split(/: ?(.*)/s).slice(0, 2) as [string, string])
      const { event, id, data, retry } = Object.fromEntries(fields)
      if (retry) return { event: 'retry', data: Number(retry) }
      if (!event) return { event: 'comment', data: fields[0]?.[1] }
      return { event, ...(id && { id }), data: JSON.parse(String(data)) }
    })
}
