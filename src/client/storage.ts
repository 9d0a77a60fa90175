import type { User } from './types.ts'

/** Where the tokens are kept: `localStorage`, `sessionStorage` or the like. */
export interface KeyValueStorage {
  getItem(name: string): string | null
  setItem(name: string, value: string): void
  removeItem(name: string): void
}

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

/** Keeps things for as long as the program runs. */
export function memoryStorage(): KeyValueStorage {
  const items = new Map<string, string>()
  return {
    getItem: name => items.get(name) ?? null,
    setItem: (name, value) => items.set(name, value),
    removeItem: name => items.delete(name)
  }
}

/**
 * The latest pair. It is read anew each time, for another tab may have changed it. A storage that is full or forbidden is made
 * up for by memory.
 * @param onGone called when who was signed in no longer is, by what another tab did
 */
export function keeperOf(storage: KeyValueStorage, name: string, onGone: () => void) {
  let text: string | null = null
  let kept: Kept | undefined

  function latest(): Kept | undefined {
    const found = storage.getItem(name)
    if (found === text) return kept
    const before = kept
    text = found
    kept = parsed(found)
    if (before && before.user.id !== kept?.user.id) onGone()
    return kept
  }

  return {
    latest,

    /** Whether nobody has changed it since. */
    isLatest: (one: Kept) => latest()?.accessToken === one.accessToken,

    /** Replaces it, or removes it. */
    keep(next: Kept | undefined): void {
      kept = next
      const written = next ? JSON.stringify(next) : null
      try {
        if (written === null) storage.removeItem(name)
        else storage.setItem(name, written)
        text = written
      } catch {
        // What was read last still stands there, and memory has what came after it.
      }
    }
  }
}

export type Keeper = ReturnType<typeof keeperOf>

/** Whatever else stands there is not ours. */
function parsed(text: string | null): Kept | undefined {
  try {
    const kept = JSON.parse(text ?? 'null')
    return typeof kept?.key === 'string' ? kept : undefined
  } catch {
    return undefined
  }
}
