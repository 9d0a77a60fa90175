import { toBodyLimit } from '../config/limits.ts'
import { MAX_POSITION_LENGTH } from './order/position.ts'

/** Of a todo, in characters but for the number of tags. */
export const MAX_TITLE = 500
export const MAX_DESCRIPTION = 16_384
export const MAX_TAGS = 20
export const MAX_TAG = 50

/** The largest body with a todo, in bytes: a todo as it was read, if all of it were escaped. */
export const MAX_TODO_BODY = toBodyLimit(
  MAX_TITLE + MAX_DESCRIPTION + MAX_TAGS * MAX_TAG + MAX_POSITION_LENGTH
)
/** The largest batch, in bytes. */
export const MAX_BATCH = 1_048_576
/** The largest import that is taken, in bytes. It is in memory as long as it takes. */
export const MAX_IMPORT = 16_777_216
/** The most lines of an import, since a line can be as short as a title. */
export const MAX_IMPORT_LINES = 100_000
/** The most notes in the answer to an import. */
export const MAX_IMPORT_NOTES = 10_000
/** The longest line of an import, in UTF-16 code units. What fits into a body fits into a line. */
export const MAX_IMPORT_LINE = MAX_TODO_BODY

/** The most requests of a minute from one address (IPv6: one /64 network) that take long. */
export const REQUESTS_PER_MINUTE = { import: 20 }

/** Levels of subtasks below a todo that is no subtask itself, and subtasks of such a todo on all levels. */
export const MAX_DEPTH = 4
export const MAX_DESCENDANTS = 500
/** The most todos that a batch changes, with the subtasks of those that it names: others wait until it is written. */
export const MAX_BATCH_CHANGES = 1000

/** The most completions that are kept of a recurring todo: 27 years of every day. */
export const MAX_COMPLETIONS = 10_000

/** Lists of a user, those in the trash included. */
export const MAX_LISTS = 500
export const MAX_LIST_NAME = 200
