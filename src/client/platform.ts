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
  timer(duration: number, ring: () => void): () => void
  /** Missing on pages that were not loaded over HTTPS, and in older programs. */
  locks: Locks | undefined
  channel: ((name: string) => Channel | undefined) | undefined
  /** Calls back after another tab has changed what is stored, until the function it gives back is called. */
  onStored: ((heard: () => void) => () => void) | undefined
}

/**
 * The platform that this runs on.
 * @param given takes the place of parts of it
 * @throws where nothing makes keys that nobody can guess
 */
export function platform(given: Partial<Platform>): Platform {
  if (!given.newKey && !globalThis.crypto?.getRandomValues)
    throw new Error('crypto.getRandomValues is missing. Load a polyfill before, or give platform.newKey.')
  return {
    fetch: (url, init) => fetch(url, init),
    now: () => performance.now(),
    random: () => Math.random(),
    // Not by a UUID, which pages without HTTPS cannot make.
    newKey: () => Array.from(crypto.getRandomValues(new Uint8Array(16)), hex).join(''),
    sleep: duration => new Promise(resolve => setTimeout(resolve, duration)),
    timer(duration, ring) {
      const timer = setTimeout(ring, duration)
      return () => clearTimeout(timer)
    },
    locks: globalThis.navigator?.locks,
    channel: globalThis.BroadcastChannel && openChannel,
    onStored,
    ...given
  }
}

const hex = (byte: number) => byte.toString(16).padStart(2, '0')

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
function onStored(heard: () => void) {
  const page = globalThis as Partial<EventTarget>
  page.addEventListener?.('storage', heard)
  return () => page.removeEventListener?.('storage', heard)
}
