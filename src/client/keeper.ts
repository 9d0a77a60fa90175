import { isUser } from './answers.ts'
import { isObjectOf, isToken, parseJson } from './shapes.ts'
import type { KeyValueStorage } from './storage.ts'
import type { User } from './types.ts'

/** What is kept of a sign-in. */
export interface Kept {
  readonly user: User
  readonly accessToken: string
  readonly refreshToken: string
  /**
   * The `Idempotency-Key` that this pair will be refreshed with. It is there before the request is sent, and is the same for
   * every tab and after every crash, so that whoever refreshes this pair, and however often, gets the same next one.
   */
  readonly key: string
}

const isKept = isObjectOf<Kept>({ user: isUser, accessToken: isToken, refreshToken: isToken, key: isToken })

const ignore = () => {}
const textOrNull = (found: unknown) => (typeof found === 'string' ? found : null)

/**
 * The latest pair. It is read anew each time, for another tab may have changed it. A storage that is full or forbidden is made
 * up for by memory, and what stands in it but is not ours is removed.
 * @param onGone called when who was signed in no longer is, by what another tab did
 */
export function keeperOf(storage: KeyValueStorage, name: string, onGone: () => void) {
  /** What stands in the storage, as far as is known. */
  let text: string | null = null
  let kept: Kept | undefined
  /** The reads and writes of a storage that answers later, one after another. */
  let queue = firstRead(storage, name)
  let nextRead: Promise<void> | undefined
  let writes = 0

  function see(found: string | null) {
    if (found === text) return
    const before = kept
    const value = parseJson(found ?? 'null')
    text = found
    kept = isKept(value) ? value : undefined
    if (found !== null && !kept) keep(undefined)
    if (before && before.user.id !== kept?.user.id) onGone()
  }

  /** What was written stands there now; or what stood there before still does, and memory has the rest; or a third. */
  function seeAfter(written: string | null, found: string | null) {
    if (found === written) text = written
    else see(found)
  }

  /** A storage that cannot be read has what it had. */
  function read(): string | null {
    try {
      return textOrNull(storage.getItem(name))
    } catch {
      return text
    }
  }

  async function readLater(): Promise<string | null> {
    try {
      return textOrNull(await storage.getItem(name))
    } catch {
      return text
    }
  }

  async function write(written: string | null): Promise<void> {
    try {
      await (written === null ? storage.removeItem(name) : storage.setItem(name, written))
    } catch {}
  }

  async function writeAfter(before: Promise<void>, written: string | null): Promise<void> {
    await before
    await write(written)
    const found = await readLater()
    writes -= 1
    if (writes === 0) seeAfter(written, found)
  }

  async function readAfter(before: Promise<void>): Promise<void> {
    await before
    nextRead = undefined
    const found = await readLater()
    // What is about to be written is newer than what was read.
    if (writes === 0) see(found)
  }

  function latest(): Kept | undefined {
    if (!queue) see(read())
    return kept
  }

  /** Reads a storage that answers later; with others there is nothing to wait for. Who comes before it begins shares it. */
  function look(): Promise<void> | undefined {
    if (!queue || nextRead) return nextRead
    nextRead = readAfter(queue)
    queue = nextRead.catch(ignore)
    return nextRead
  }

  /** Replaces it, or removes it: here at once. @returns when the storage has it, too, if that is later */
  function keep(next: Kept | undefined): Promise<void> | undefined {
    kept = next
    const written = next ? JSON.stringify(next) : null
    if (queue) {
      writes += 1
      const writing = writeAfter(queue, written)
      queue = writing.catch(ignore)
      return writing
    }
    void write(written)
    seeAfter(written, read())
    return undefined
  }

  return {
    latest,
    look,
    keep,
    /** Whether nobody has changed it since. */
    isLatest: (one: Kept) => latest()?.accessToken === one.accessToken
  }
}

export type Keeper = ReturnType<typeof keeperOf>

/** @returns what to wait for, if a storage answers with promises */
function firstRead(storage: KeyValueStorage, name: string): Promise<void> | undefined {
  try {
    const found = storage.getItem(name)
    return typeof found === 'object' && found !== null ? found.then(ignore, ignore) : undefined
  } catch {
    return undefined
  }
}
