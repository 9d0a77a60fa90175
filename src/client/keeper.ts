import { isUser } from './answers.ts'
import { isObjectOf, isText, parseJson } from './shapes.ts'
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

const isKept = isObjectOf<Kept>({ user: isUser, accessToken: isText, refreshToken: isText, key: isText })

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
  let queue = answersLater(storage, name) ? Promise.resolve() : undefined
  let writes = 0
  let nextRead: Promise<void> | undefined

  function see(found: string | null) {
    if (found === text) return
    const before = kept
    const value = parseJson(found ?? 'null')
    text = found
    kept = isKept(value) ? value : undefined
    if (found !== null && !kept) keep(undefined)
    if (before && before.user.id !== kept?.user.id) onGone()
  }

  /** A storage that cannot be read has what it had. */
  function read(): string | null {
    try {
      return textOrNull(storage.getItem(name))
    } catch {
      return text
    }
  }

  function latest(): Kept | undefined {
    if (!queue) see(read())
    return kept
  }

  /** Reads a storage that answers later; there is nothing to wait for with others. Calls before it begins share it. */
  function look(): Promise<void> | undefined {
    if (!queue || nextRead) return nextRead
    nextRead = queue
      .then(() => {
        nextRead = undefined
        return storage.getItem(name)
      })
      // What is about to be written is newer than what was read.
      .then(found => void (writes === 0 && see(textOrNull(found))), ignore)
    queue = nextRead.catch(ignore)
    return nextRead
  }

  const write = (next: string | null) =>
    next === null ? storage.removeItem(name) : storage.setItem(name, next)

  /** Replaces it, or removes it: here at once. @returns when the storage has it, too, if that is later */
  function keep(next: Kept | undefined): Promise<void> | undefined {
    kept = next
    const written = next ? JSON.stringify(next) : null
    const stands = () => {
      text = written
    }
    // What was read last still stands there if this fails, and memory has what came after it.
    if (!queue) {
      try {
        Promise.resolve(write(written)).catch(ignore)
        stands()
      } catch {}
      return undefined
    }
    writes += 1
    queue = queue.then(() => write(written)).then(stands, ignore)
    queue = queue.then(() => {
      writes -= 1
    })
    return queue
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

/** Whether a storage answers with promises. */
function answersLater(storage: KeyValueStorage, name: string): boolean {
  try {
    const found = storage.getItem(name)
    if (typeof found !== 'object' || found === null) return false
    found.then(ignore, ignore)
    return true
  } catch {
    return false
  }
}
