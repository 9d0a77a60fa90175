import { isUser } from '../http/responses.ts'
import { isHeaderValue, isObjectOf, tryParseJson } from '../http/type-guards.ts'
import type { User } from '../types.ts'
import type { KeyValueStorage } from './storage.ts'

/** The stored part of a sign-in. */
export interface StoredTokens {
  readonly user: User
  readonly accessToken: string
  readonly refreshToken: string
  /**
   * The `Idempotency-Key` of the refresh of this pair. It is stored with the pair, so every tab sends the same key, also after
   * a crash, and gets the same new pair.
   */
  readonly key: string
}

const isStoredTokens = isObjectOf<StoredTokens>({
  user: isUser,
  accessToken: isHeaderValue,
  refreshToken: isHeaderValue,
  key: isHeaderValue
})

const ignore = () => {}
const toStoredText = (storedText: unknown) => (typeof storedText === 'string' ? storedText : null)

/**
 * Stores the latest token pair. The storage is read each time, since another tab may have changed it. When the storage is full
 * or forbidden, the pair stays in memory. A stored text that is no pair is removed.
 * @param onUserGone called when another tab has signed the user out, or signed another user in
 */
export function createTokenStore(storage: KeyValueStorage, name: string, onUserGone: () => void) {
  /** The last known text in the storage. */
  let lastText: string | null = null
  let current: StoredTokens | undefined
  /** Orders the reads and writes of an asynchronous storage; undefined for a synchronous one. */
  let queue = probeStorage(storage, name)
  let nextRead: Promise<void> | undefined
  let pendingWrites = 0

  function acceptText(storedText: string | null) {
    if (storedText === lastText) return
    const previous = current
    const value = tryParseJson(storedText ?? 'null')
    lastText = storedText
    current = isStoredTokens(value) ? value : undefined
    if (storedText !== null && !current) save(undefined)
    if (previous && previous.user.id !== current?.user.id) onUserGone()
  }

  /**
   * After a write the storage holds the written text; or still the text before, when the write failed and the pair stays in
   * memory; or the text of another tab.
   */
  function acceptAfterWrite(written: string | null, storedText: string | null) {
    if (storedText === written) lastText = written
    else acceptText(storedText)
  }

  /** Reads the storage. After an error the last known text counts. */
  function read(): string | null {
    try {
      return toStoredText(storage.getItem(name))
    } catch {
      return lastText
    }
  }

  async function readAsync(): Promise<string | null> {
    try {
      return toStoredText(await storage.getItem(name))
    } catch {
      return lastText
    }
  }

  async function write(written: string | null): Promise<void> {
    try {
      await (written === null ? storage.removeItem(name) : storage.setItem(name, written))
    } catch {}
  }

  async function writeAfter(previous: Promise<void>, written: string | null): Promise<void> {
    await previous
    await write(written)
    const storedText = await readAsync()
    pendingWrites -= 1
    if (pendingWrites === 0) acceptAfterWrite(written, storedText)
  }

  async function readAfter(previous: Promise<void>): Promise<void> {
    await previous
    nextRead = undefined
    const storedText = await readAsync()
    // A pending write is newer than the text read.
    if (pendingWrites === 0) acceptText(storedText)
  }

  function latest(): StoredTokens | undefined {
    if (!queue) acceptText(read())
    return current
  }

  /** Reads an asynchronous storage; undefined for a synchronous one. Callers share a read that has not begun. */
  function reload(): Promise<void> | undefined {
    if (!queue || nextRead) return nextRead
    nextRead = readAfter(queue)
    queue = nextRead.catch(ignore)
    return nextRead
  }

  /** Replaces or removes the pair at once. @returns a promise of the write to an asynchronous storage */
  function save(next: StoredTokens | undefined): Promise<void> | undefined {
    current = next
    const written = next ? JSON.stringify(next) : null
    if (queue) {
      pendingWrites += 1
      const writing = writeAfter(queue, written)
      queue = writing.catch(ignore)
      return writing
    }
    void write(written)
    acceptAfterWrite(written, read())
    return undefined
  }

  return {
    latest,
    reload,
    save,
    /** Whether these tokens are still the latest. */
    isLatest: (tokens: StoredTokens) => latest()?.accessToken === tokens.accessToken
  }
}

export type TokenStore = ReturnType<typeof createTokenStore>

/** Finds out whether a storage is asynchronous. @returns a promise of the first read, or undefined */
function probeStorage(storage: KeyValueStorage, name: string): Promise<void> | undefined {
  try {
    const result = storage.getItem(name)
    return typeof result === 'object' && result !== null ? result.then(ignore, ignore) : undefined
  } catch {
    return undefined
  }
}
