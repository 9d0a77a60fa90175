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

/** What the client needs of the world around it: browsers, Node, Deno and Bun have it. Times are in milliseconds. */
export interface Platform {
  fetch(url: string, init: RequestInit): Promise<Response>
  /** A clock that nobody sets: never the wall clock, which may be hours off. */
  now(): number
  /** From 0 to 1. */
  random(): number
  /** A text that nobody can guess. */
  newKey(): string
  sleep(duration: number): Promise<void>
  /** Calls back after so long, unless the function that it gives back is called before. */
  timer(duration: number, callback: () => void): () => void
  /** Missing on pages that were not loaded over HTTPS, and in older programs. */
  locks: Locks | undefined
  channel: ((name: string) => Channel | undefined) | undefined
  /** Calls back after another tab has changed what is stored, until the function it gives back is called. */
  onStored: ((callback: () => void) => () => void) | undefined
}

/**
 * The platform that this runs on.
 * @param overrides takes the place of parts of it
 * @throws where nothing makes keys that nobody can guess
 */
export function createPlatform(overrides: Partial<Platform>): Platform {
  if (!overrides.newKey && !globalThis.crypto?.getRandomValues)
    throw new Error('crypto.getRandomValues is missing. Load a polyfill before, or give platform.newKey.')
  return {
    fetch: (url, init) => fetch(url, init),
    now: () => performance.now(),
    random: () => Math.random(),
    // Not by a UUID, which pages without HTTPS cannot make.
    newKey: () => Array.from(crypto.getRandomValues(new Uint8Array(16)), toHex).join(''),
    sleep: duration => new Promise(resolve => setTimeout(resolve, duration)),
    timer(duration, callback) {
      const timer = setTimeout(callback, duration)
      return () => clearTimeout(timer)
    },
    locks: globalThis.navigator?.locks,
    channel: globalThis.BroadcastChannel && openChannel,
    onStored,
    ...overrides
  }
}

const toHex = (byte: number) => byte.toString(16).padStart(2, '0')

/** In Node an open channel would keep the process alive. Firefox forbids it where it forbids storages. */
function openChannel(name: string): Channel | undefined {
  try {
    const channel = new BroadcastChannel(name) as unknown as Channel & { unref?: () => void }
    channel.unref?.()
    return channel
  } catch {
    return undefined
  }
}

/** Pages have this event; other programs never get it. */
function onStored(callback: () => void) {
  const page = globalThis as Partial<EventTarget>
  page.addEventListener?.('storage', callback)
  return () => page.removeEventListener?.('storage', callback)
}
