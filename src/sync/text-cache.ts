import { oncePerDatabase } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { getSequenceReader } from './sequence.ts'

/** The most characters of texts, their keys and what goes with them, all together; and of the longest text. */
const MAX_TOTAL = 16_000_000
const MAX_LENGTH = 32_768
/** The longest key of a text: whoever asks for so odd a page does not ask for it again. */
const MAX_KEY_LENGTH = 1024
/** What a cached text takes in characters, beside its own and those that go with it. */
const OVERHEAD = 500

/** A text, and what goes with it. */
export interface Text {
  readonly text: string
  readonly etag: string
  readonly link?: string | null
}

/** The texts of a user at a number of the change sequence. */
interface UserTexts {
  readonly number: number
  readonly texts: Map<string, Text>
  size: number
}

/** The texts of all users in a database. A full cache begins anew. */
const getTexts = oncePerDatabase(() => {
  const byUser = new Map<string, UserTexts>()
  let total = 0

  return {
    find(userId: string, number: number, key: string): Text | undefined {
      const texts = byUser.get(userId)
      return texts?.number === number ? texts.texts.get(key) : undefined
    },

    set(userId: string, number: number, key: string, text: Text): void {
      const size = key.length + text.text.length + text.etag.length + (text.link?.length ?? 0) + OVERHEAD
      if (total + size > MAX_TOTAL) {
        byUser.clear()
        total = 0
      }
      const existing = byUser.get(userId)
      // An older state may be read later than a newer one.
      if (existing && existing.number > number) return
      const isCurrent = existing?.number === number
      if (existing && !isCurrent) total -= existing.size
      const texts = isCurrent ? existing : { number, texts: new Map<string, Text>(), size: 0 }
      texts.texts.set(key, text)
      texts.size += size
      total += size
      byUser.set(userId, texts)
    }
  }
})

/**
 * Makes a cache of what was made of the data of users. A text is good for as long as the change sequence of its user stays
 * where it is, on whichever instance something is written.
 */
export function createTextCache(store: Store) {
  const readSequence = getSequenceReader(store)
  const cache = getTexts(store)

  /**
   * Gives what is cached of a user under a key, else what `read` gives. Long texts are read each time.
   * @param read gets the number of the last change. It may give an empty text, which is not cached, when nobody needs it.
   */
  return async function cachedText(
    userId: string,
    key: string,
    read: (changeNumber: number) => Promise<Text>
  ): Promise<Text> {
    const { value } = await readSequence(userId)
    const cached = cache.find(userId, value, key)
    if (cached) return cached
    // What is read now may be newer than the number, never older.
    const text = await read(value)
    const { length } = text.text
    if (length > 0 && length <= MAX_LENGTH && key.length <= MAX_KEY_LENGTH)
      cache.set(userId, value, key, text)
    return text
  }
}
