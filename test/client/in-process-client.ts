import { type ClientOptions, createClient, memoryStorage, type Platform } from '../../src/client/index.ts'
import type { Service } from '../support/service.ts'

/** What becomes of a request on its way: nothing, or what is given back or thrown. */
export type Hook = (url: string, init: RequestInit, pass: () => Promise<Response>) => Promise<Response>

/**
 * A client of a service in this process, whose pauses take none; `hook` stands between the two. Its storage is memory, unless
 * another one is given.
 */
export function createTestClient(service: Service, options: Partial<ClientOptions> = {}) {
  const storage = memoryStorage()
  const state = {
    hook: ((_url, _init, pass) => pass()) as Hook,
    /** Milliseconds on the client's clock. */
    time: 5_000_000,
    sent: [] as string[],
    pauses: [] as number[],
    signOuts: [] as (string | undefined)[]
  }
  let keys = 0
  const platform: Partial<Platform> = {
    fetch(url, init) {
      state.sent.push(`${init.method} ${url.replace('http://service', '')}`)
      return state.hook(url, init, async () => {
        const response = await service.app.inject({
          method: init.method as 'GET',
          url: url.replace('http://service', ''),
          headers: init.headers as Record<string, string>,
          ...(init.body !== undefined && { payload: `${init.body}` })
        })
        const { statusCode: status, body } = response
        return new Response(status === 204 ? null : body, {
          status,
          headers: response.headers as Record<string, string>
        })
      })
    },
    now: () => state.time,
    random: () => 0.5,
    newKey: () => `key ${++keys} of ${Math.random()}`,
    sleep: async duration => void state.pauses.push(duration),
    locks: undefined,
    channel: undefined,
    onStored: undefined,
    ...options.platform
  }
  const client = createClient({
    baseUrl: 'http://service/',
    onSignedOut: problem => state.signOuts.push(problem?.code),
    storage,
    ...options,
    platform
  })
  return { client, state, storage }
}

/** Goes on by some seconds, on both sides. */
export function advance(service: Service, seconds: number, ...states: { time: number }[]) {
  service.clock.advance(seconds)
  for (const state of states) state.time += seconds * 1000
}

export const ADA = { username: 'ada', email: 'ada@example.org', password: 'correct horse battery staple' }
export const CHANNEL_NAME = 'latchkey http://service'
