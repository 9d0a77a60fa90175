import { UUID } from 'uuidv7'

/** Digits in the order of their bytes, so that positions are in the order of their text. */
const DIGITS = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'
const BITS = 6n

/** Digits of a position at first: an id's 128 bits. */
const FIRST = 22
/** Digits that are added where there is no room left between two positions. */
const MORE = 16
/** Half of the space is below the positions of new todos, for those that are moved to the top. */
const MIDDLE = 1n << (BigInt(FIRST) * BITS - 1n)
/** A millisecond in the first digits. */
const MILLISECOND = 1n << (BigInt(FIRST) * BITS - 48n)
/** Between positions of more digits: 65,536 of them fit into one more level. */
const STEP = 1n << (BigInt(MORE) * BITS - 16n)

/** The longest position: an index entry of PostgreSQL has about 2700 bytes. */
export const MAX_POSITION = FIRST + 140 * MORE
/** The first digit is neither the least nor the greatest, so that there is room before and after any position. */
export const POSITION = `^[0-9A-Za-y_][\\w-]{${FIRST - 1}}([\\w-]{${MORE}}){0,${(MAX_POSITION - FIRST) / MORE}}$`

/** The position of a new todo, below those that were made before: the time is in its id (UUIDv7). */
export function positionOf(id: string): string {
  const bits = BigInt(`0x${UUID.parse(id).toHex()}`)
  return written(MIDDLE + (bits << (BigInt(FIRST) * BITS - 128n)), FIRST)
}

/** A position before the first one. */
export const before = (first: string): string => written(read(first, FIRST) - MILLISECOND, FIRST)

/** A position after the last one, and after those of all todos that were made before the one with the id. */
export function after(last: string, id: string): string {
  const [next, fresh] = [written(read(last, FIRST) + MILLISECOND, FIRST), positionOf(id)]
  return fresh > last ? fresh : next
}

/**
 * A position between two others. However often todos are moved to the same place, it stays short: of two neighbours the
 * longer one is where the last one was moved to, and the next goes a small step from there, not halfway.
 * @returns it, or undefined when it would be longer than `MAX_POSITION`, after thousands of moves between the last two moved
 */
export function between(above: string, below: string): string | undefined {
  const length = Math.max(above.length, below.length)
  const [low, high] = [read(above, length), read(below, length)]
  if (above.length !== below.length) {
    const next = above.length > below.length ? low + STEP : high - STEP
    if (low < next && next < high) return written(next, length)
  }
  if (high - low > 1n) return written((low + high) / 2n, length)
  if (length >= MAX_POSITION) return undefined
  return written((low << (BigInt(MORE) * BITS)) + (1n << (BigInt(MORE) * BITS - 1n)), length + MORE)
}

/** The number that the first digits of a position are, or all of them with zeros up to the length. */
function read(position: string, length: number): bigint {
  let value = 0n
  for (let index = 0; index < length; index++)
    value = (value << BITS) + BigInt(Math.max(0, DIGITS.indexOf(position[index] ?? '-')))
  return value
}

function written(value: bigint, length: number): string {
  let digits = ''
  for (let rest = value; digits.length < length; rest >>= BITS) digits = DIGITS[Number(rest & 63n)] + digits
  return digits
}
