import { MAX_POSITION_LENGTH } from '../todos/position.ts'

/** Of a todo, in characters but for the number of tags. */
export const MAX_TITLE = 500
export const MAX_DESCRIPTION = 16_384
export const MAX_TAGS = 20
export const MAX_TAG = 50

/** The most bytes of a character: it may be written as two UTF-16 units, each of them escaped (RFC 8259, section 7). */
const MAX_CHARACTER_BYTES = 12
/** Bodies are limited in steps of so many bytes, of which some are left for names, punctuation and white space. */
const BODY_LIMIT_STEP = 65_536
const BODY_OVERHEAD = 8192

/** The bytes within which JSON with so many characters of text is taken, however it is written. */
export const toBodyLimit = (characters: number): number =>
  Math.ceil((MAX_CHARACTER_BYTES * characters + BODY_OVERHEAD) / BODY_LIMIT_STEP) * BODY_LIMIT_STEP

/** The largest body that is taken unless a route says otherwise, in bytes: a todo as it was read, were it all escaped. */
export const MAX_BODY = toBodyLimit(MAX_TITLE + MAX_DESCRIPTION + MAX_TAGS * MAX_TAG + MAX_POSITION_LENGTH)
/**
 * The most values of JSON, names of members among them: of a body, or of a line of an import. A batch that has as many
 * operations and tags as are allowed has about a third of that.
 */
export const MAX_VALUES = 16_384
/** The largest batch, in bytes. */
export const MAX_BATCH = 1_048_576
/** The largest import that is taken, in bytes. It is in memory as long as it takes. */
export const MAX_IMPORT = 16_777_216
/** The most lines of an import, since a line can be as short as a title. */
export const MAX_IMPORT_LINES = 100_000
/** The longest line of an import, in UTF-16 code units. What fits into a body fits into a line. */
export const MAX_IMPORT_LINE = MAX_BODY

/**
 * The most requests of a minute from one address (IPv6: one /64 network): of all, and of those that guess, hash or take
 * long. `account` is for each of those that verify a password.
 */
export const REQUESTS_PER_MINUTE = {
  all: 1200,
  register: 20,
  login: 30,
  refresh: 120,
  account: 20,
  import: 20
}
