import { isUser } from '../http/responses.ts'
import { isHeaderValue, isObjectOf, tryParseJson } from '../http/type-guards.ts'
import type { User } from '../types.ts'
import type { KeyValueStorage } from './storage.ts'

/** What is kept of a sign-in. */
export interface StoredTokens {
  readonly user: User
  readonly accessToken: string
  readonly refreshToken: string
  /**
   * The `Idempotency-Key` that this pair will be refreshed with. It is there before the request is sent, and is the same for
   * every tab and after every crash, so that whoever refreshes this pair, and however often, gets the same next one.
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
 * The latest pair. It is read anew each time, for another tab may have changed it. A storage that is full or forbidden is made
 * up for by memory, and what stands in it but is not ours is removed.
 * @param onUserGone called when who was signed in no longer is, by what another tab did
 */
export function createTokenStore(storage: KeyValueStorage, name: string, onUserGone: () => void) {
  /** What stands in the storage, as far as is known. */
  let lastText: string | null = null
  let current: StoredTokens | undefined
  /** The reads and writes of a storage that answers later, one after another. */
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

  /** What was written stands there now; or what stood there before still does, and memory has the rest; or a third. */
  function acceptAfterWrite(written: string | null, storedText: string | null) {
    if (storedText === written) lastText = written
    else acceptText(storedText)
  }

  /** A storage that cannot be read has what it had. */
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
    // What is about to be written is newer than what was read.
    if (pendingWrites === 0) acceptText(storedText)
  }

  function latest(): StoredTokens | undefined {
    if (!queue) acceptText(read())
    return current
  }

  /** Reads a storage that answers later; with others there is nothing to wait for. Who comes before it begins shares it. */
  function reload(): Promise<void> | undefined {
    if (!queue || nextRead) return nextRead
    nextRead = readAfter(queue)
    queue = nextRead.catch(ignore)
    return nextRead
  }

  /** Replaces it, or removes it: here at once. @returns when the storage has it, too, if that is later */
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
    look: reload,
    keep: save,
    /** Whether nobody has changed it since. */
    isLatest: (tokens: StoredTokens) => latest()?.accessToken === tokens.accessToken
  }
}

export type TokenStore = ReturnType<typeof createTokenStore>

/** @returns what to wait for, if a storage answers with promises */
function probeStorage(storage: KeyValueStorage, name: string): Promise<void> | undefined {
  try {
    const result = storage.getItem(name)
    return typeof result === 'object' && result !== null ? result.then(ignore, ignore) : undefined
  } catch {
    return undefined
  }
}
