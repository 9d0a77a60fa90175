import { type Authenticators, browserAuthenticators } from './auth/authenticators.ts'

/** The part of Web Locks that is used: one holder of a name at a time, over all tabs. */
export interface Locks {
  request(name: string, options: { signal: AbortSignal }, work: () => Promise<void>): Promise<void>
}

/** The part of BroadcastChannel that is used. */
export interface Channel {
  postMessage(message: unknown): void
  onmessage: ((event: { data: unknown }) => void) | null
  close(): void
}

/** What the client needs from its platform. Browsers, Node, Deno and Bun have it. Times are in milliseconds. */
export interface Platform {
  fetch(url: string, init: RequestInit): Promise<Response>
  /** A monotonic clock. The wall clock may be hours off. */
  now(): number
  /** A random number from 0 to 1. */
  random(): number
  /** Creates an Idempotency-Key that nobody can guess. */
  newKey(): string
  /** Waits, at most until the signal aborts. */
  sleep(duration: number, signal?: AbortSignal): Promise<void>
  /** Calls back after a duration. @returns a function that cancels the timer */
  timer(duration: number, callback: () => void): () => void
  /** Asks the user for passkeys. */
  authenticators: Authenticators
  /** Missing on pages without HTTPS, and in older platforms. */
  locks: Locks | undefined
  channel: ((name: string) => Channel | undefined) | undefined
  /** Calls back after another tab has changed the storage. */
  onStored: Subscribe | undefined
  /** Calls back when the network is there again. */
  onOnline: Subscribe | undefined
}

/** Subscribes a callback. @returns a function that unsubscribes */
type Subscribe = (callback: () => void) => () => void

/**
 * Creates the platform from the globals.
 * @param overrides replaces parts of it
 * @throws {Error} when there is no `crypto.getRandomValues`, and no `newKey` either
 */
export function createPlatform(overrides: Partial<Platform>): Platform {
  if (!overrides.newKey && !globalThis.crypto?.getRandomValues)
    throw new Error('crypto.getRandomValues is missing. Load a polyfill before, or give platform.newKey.')
  return {
    fetch: (url, init) => fetch(url, init),
    now: () => performance.now(),
    random: () => Math.random(),
    // `crypto.randomUUID` is missing on pages without HTTPS.
    newKey: () => Array.from(crypto.getRandomValues(new Uint8Array(16)), toHex).join(''),
    sleep,
    timer(duration, callback) {
      const timer = setTimeout(callback, duration)
      return () => clearTimeout(timer)
    },
    authenticators: browserAuthenticators,
    locks: globalThis.navigator?.locks,
    channel: globalThis.BroadcastChannel && openChannel,
    onStored: listenTo('storage'),
    onOnline: listenTo('online'),
    ...overrides
  }
}

/** Nothing is left behind when the signal aborts: in Node a timer would keep the process alive. */
const sleep: Platform['sleep'] = (duration, signal) =>
  new Promise(resolve => {
    function finish() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, duration)
    signal?.addEventListener('abort', finish)
  })

const toHex = (byte: number) => byte.toString(16).padStart(2, '0')

/** Opens a channel. In Node an open channel would keep the process alive. Firefox throws where it forbids storages. */
function openChannel(name: string): Channel | undefined {
  try {
    const channel = new BroadcastChannel(name) as unknown as Channel & { unref?: () => void }
    channel.unref?.()
    return channel
  } catch {
    return undefined
  }
}

/** Listens to an event of pages. Other platforms never fire it. */
const listenTo =
  (type: string): Subscribe =>
  callback => {
    const page = globalThis as Partial<EventTarget>
    page.addEventListener?.(type, callback)
    return () => page.removeEventListener?.(type, callback)
  }
