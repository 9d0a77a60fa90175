import { setImmediate as turn } from 'node:timers/promises'
import { createClient, memoryStorage, type Platform } from '../../../src/client/index.ts'
import type { Change, Problem, Todo } from '../../../src/client/types.ts'

export const BASE_URL = 'http://service'
export const STORED = `latchkey ${BASE_URL}`
export const USER = { id: 'ada', username: 'ada', email: 'ada@example.org', emailVerified: false }
const PAIR = { tokenType: 'Bearer', expiresIn: 300, refreshExpiresIn: 1000, user: USER }
/** Timers that are not pauses: the time that an answer may take, and that a stream may be silent. */
const LIMITS = [30_000, 35_000]

export const problem = (status: number, code: string, action?: Problem['action'], retryAfter?: number) =>
  new Response(JSON.stringify({ status, code, action, title: code, detail: 'No.' }), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfter !== undefined && { 'retry-after': `${retryAfter}` })
    }
  })

export const json = (value: unknown) =>
  new Response(JSON.stringify(value), { headers: { 'content-type': 'application/json' } })

export const page = (next: string, changes: readonly Change[] = [], more = false) =>
  json({ changes, next, more })

/** A todo of this id, in its first state. */
export const todo = (id: string, content: Partial<Todo> = {}): Todo => ({
  id,
  title: id,
  description: null,
  done: false,
  due: null,
  priority: 'none',
  tags: [],
  listId: null,
  parentId: null,
  childCount: 0,
  openChildCount: 0,
  repeat: null,
  position: id,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  completedAt: null,
  deletedAt: null,
  etag: `"${id}"`,
  ...content
})
export const put = (id: string, content: Partial<Todo> = {}): Change => ({
  type: 'todo',
  id,
  deleted: false,
  todo: todo(id, content)
})
export const gone = (id: string): Change => ({ type: 'todo', id, deleted: true })

/** The text of an event. */
export const event = (type: string, data: unknown, id?: string) =>
  `event: ${type}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`
export const change = (id: string, token: string) => event('change', put(id), token)
export const caughtUp = (next: string) => event('caught-up', { next })

/** An event stream that a test writes. */
export function openStream(...texts: string[]) {
  const encoder = new TextEncoder()
  let isCancelled = false
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const body = new ReadableStream<Uint8Array>({
    start: started => {
      controller = started
    },
    cancel: () => {
      isCancelled = true
    }
  })
  const stream = {
    response: new Response(body, { headers: { 'content-type': 'Text/Event-Stream; charset=utf-8' } }),
    write: (text: string) => controller?.enqueue(encoder.encode(text)),
    writeBytes: (bytes: Uint8Array) => controller?.enqueue(bytes),
    end: () => controller?.close(),
    cut: () => controller?.error(new TypeError('network error')),
    isCancelled: () => isCancelled
  }
  for (const text of texts) stream.write(text)
  return stream
}

type Answer = Response | Error | (() => Response | Promise<Response>)

/** A signed-in client of a service that gives these answers, one after another, and then none. */
export function createFakeService(...answers: Answer[]) {
  const storage = memoryStorage()
  storage.setItem(STORED, JSON.stringify({ user: USER, accessToken: 'a0', refreshToken: 'r0', key: 'k0' }))
  const state = {
    answers,
    time: 0,
    requests: [] as { path: string; since: string | null; accept: string | null; token: string | null }[],
    pauses: [] as number[],
    /** Limits that are running. */
    limits: new Map<() => void, number>(),
    signOuts: [] as (string | undefined)[],
    refreshes: 0
  }
  const platform: Partial<Platform> = {
    async fetch(url, init) {
      const { pathname, searchParams } = new URL(url)
      const headers = new Headers(init.headers)
      if (init.signal?.aborted) throw init.signal.reason
      if (pathname === '/api/auth/refresh') {
        state.refreshes += 1
        return json({ ...PAIR, accessToken: `a${state.refreshes}`, refreshToken: `r${state.refreshes}` })
      }
      state.requests.push({
        path: pathname.replace('/api/', ''),
        since: headers.get('last-event-id') ?? searchParams.get('since'),
        accept: headers.get('accept'),
        token: `${headers.get('authorization')}`.replace('Bearer ', '')
      })
      const answer = state.answers.shift()
      if (answer instanceof Error) throw answer
      if (answer) return typeof answer === 'function' ? answer() : answer
      return new Promise((_, reject) =>
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      )
    },
    now: () => state.time,
    random: () => 0.5,
    sleep: async duration => void state.pauses.push(duration),
    timer(duration, ring) {
      if (LIMITS.includes(duration)) {
        state.limits.set(ring, duration)
        return () => state.limits.delete(ring)
      }
      state.pauses.push(duration)
      state.time += duration
      const immediate = setImmediate(ring)
      return () => clearImmediate(immediate)
    },
    locks: undefined,
    channel: undefined,
    onStored: undefined,
    onOnline: undefined
  }
  const client = createClient({
    baseUrl: BASE_URL,
    storage,
    platform,
    onSignedOut: refusal => state.signOuts.push(refusal?.code)
  })
  /** Lets a limit of so many milliseconds run out, once it runs. */
  async function expire(duration: number) {
    while (![...state.limits.values()].includes(duration)) await turn()
    state.time += duration
    for (const [ring, limit] of state.limits) if (limit === duration) ring()
  }
  /** Signs another user in, as another tab does. */
  const signInAs = (id: string) =>
    storage.setItem(
      STORED,
      JSON.stringify({ user: { ...USER, id }, accessToken: 'b', refreshToken: 's', key: 'k' })
    )
  return { client, state, platform, storage, expire, signInAs }
}

/** Takes pages until there is an error or an end, at most so many: as copies, since a client may be of another realm. */
export async function takePages<Page>(pages: AsyncGenerator<Page>, count: number): Promise<Page[]> {
  const taken: Page[] = []
  while (taken.length < count) {
    const { done, value } = await pages.next()
    if (done) break
    taken.push(structuredClone(value))
  }
  return taken
}
