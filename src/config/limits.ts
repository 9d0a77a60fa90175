/** The most bytes of a character: it may be written as two UTF-16 units, each of them escaped (RFC 8259, section 7). */
const MAX_CHARACTER_BYTES = 12
/** Bodies are limited in steps of so many bytes, of which some are left for names, punctuation and white space. */
const BODY_LIMIT_STEP = 65_536
const BODY_OVERHEAD = 8192

/** The bytes within which JSON with so many characters of text is taken, however it is written. */
export const toBodyLimit = (characters: number): number =>
  Math.ceil((MAX_CHARACTER_BYTES * characters + BODY_OVERHEAD) / BODY_LIMIT_STEP) * BODY_LIMIT_STEP

/**
 * The most values of JSON, names of members among them: of a body, or of a line of many. The largest request that the
 * other limits allow has about a third of that.
 */
export const MAX_VALUES = 16_384

/** The most requests of a minute from one address (IPv6: one /64 network). */
export const REQUESTS_PER_MINUTE = { all: 1200 }
