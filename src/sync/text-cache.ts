import { LRUCache } from 'lru-cache'
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

/** A text, and the number of the change sequence at which it was read. */
interface Entry {
  readonly number: number
  readonly text: Text
}

const getTexts = oncePerDatabase(
  () =>
    new LRUCache<string, Entry>({
      maxSize: MAX_TOTAL,
      sizeCalculation: ({ text: { text, etag, link } }, key) =>
        key.length + text.length + etag.length + (link?.length ?? 0) + OVERHEAD
    })
)

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
    const { value: number } = await readSequence(userId)
    const name = `${userId} ${key}`
    const cached = cache.get(name)
    if (cached?.number === number) return cached.text
    // What is read now may be newer than the number, never older.
    const text = await read(number)
    const { length } = text.text
    // A newer state may have been read meanwhile.
    const isLatest = (cache.get(name)?.number ?? 0) <= number
    if (isLatest && length > 0 && length <= MAX_LENGTH && key.length <= MAX_KEY_LENGTH)
      cache.set(name, { number, text })
    return text
  }
}
