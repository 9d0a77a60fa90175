/** The largest body that is taken, in bytes. */
export const MAX_BODY = 65_536
/** The largest batch, in bytes. */
export const MAX_BATCH = 1_048_576
/** The largest import that is taken, in bytes. It is in memory as long as it takes. */
export const MAX_IMPORT = 16_777_216
/** The most lines of an import, since a line can be as short as a title. */
export const MAX_IMPORT_LINES = 100_000
/** The longest line of an import, in UTF-16 code units: the longest todo fits, were it all escaped. */
export const MAX_IMPORT_LINE = 262_144

/**
 * The most requests of a minute from one address (IPv6: one /64 network): of all, and of those that guess, hash or take
 * long. `account` is for each of those that verify a password.
 */
export const PER_MINUTE = { all: 1200, register: 20, login: 30, refresh: 120, account: 20, import: 20 }
