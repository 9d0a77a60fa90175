import { UUID } from 'uuidv7'

/** The digits in the order of their bytes: positions sort as their texts do. */
const DIGITS = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'
const BITS_PER_DIGIT = 6n
/** The same digits as two octal digits: BigInt reads and writes octal numbers of any length in one call. */
const OCTAL_BY_DIGIT = new Map(
  Array.from(DIGITS, (digit, value) => [digit, value.toString(8).padStart(2, '0')])
)
const DIGIT_BY_OCTAL = new Map(Array.from(OCTAL_BY_DIGIT, ([digit, octal]) => [octal, digit]))

/** Digits of a new position: the 128 bits of an id. */
const INITIAL_LENGTH = 22
/** Digits that are added when no position is left between two others. */
const EXTENSION_LENGTH = 16
/** A millisecond in the first digits. */
const MILLISECOND = 1n << (BigInt(INITIAL_LENGTH) * BITS_PER_DIGIT - 48n)
/** The distance between longer positions: 65,536 of them fit into one extension. */
const STEP = 1n << (BigInt(EXTENSION_LENGTH) * BITS_PER_DIGIT - 16n)
/** With fewer numbers between two positions, there is no random choice among them. */
const MIN_GAP = 16n
/** The least distance of positions that are spread anew: room for dozens of moves between any two of them. */
const MIN_SPREAD_STEP = 1n << 64n

/** The longest position, in characters: an index entry of PostgreSQL has about 2700 bytes. */
export const MAX_POSITION_LENGTH = INITIAL_LENGTH + 140 * EXTENSION_LENGTH
/** Stored positions lie between these: their first digit is neither the least nor the greatest. */
const [LOWER_BOUND, UPPER_BOUND] = [
  '0'.padEnd(INITIAL_LENGTH, DIGITS[0]),
  'z'.padEnd(INITIAL_LENGTH, DIGITS[0])
]
/** Excludes the very first and the very last position, so that there is room before and after each. */
export const POSITION_PATTERN = `^(?!0-*$|yz*$)[0-9A-Za-y_][\\w-]{${INITIAL_LENGTH - 1}}([\\w-]{${EXTENSION_LENGTH}}){0,${(MAX_POSITION_LENGTH - INITIAL_LENGTH) / EXTENSION_LENGTH}}$`

/**
 * The position of a new todo, below all older todos, because a UUIDv7 begins with the time. It is the id, six bits a digit.
 * Its first bit is set: half of the range above stays free for moves to the top. Every create calls this function, so it
 * avoids BigInt, which takes three times as long.
 */
export function toPosition(id: string): string {
  const { bytes } = UUID.parse(id)
  let position = ''
  for (let bit = 0; bit < 8 * bytes.length; bit += 6) {
    const [high = 0, low = 0] = [bytes[bit >> 3], bytes[(bit >> 3) + 1]]
    const digit = (((high << 8) | low) >> (10 - (bit & 7))) & 63
    position += DIGITS[bit === 0 ? digit | 32 : digit]
  }
  return position
}

/*
 * Two concurrent moves into one gap must not choose the same position, nor the position to which a todo of the trash will
 * be restored. The random end of a new id makes each choice different.
 */
const randomOffset = (id: string): bigint => BigInt(`0x${UUID.parse(id).toHex()}`) & ((1n << 62n) - 1n)

/** A position before the first one. @param id a new id, for its random bits */
export function positionBefore(first: string, id: string): string {
  const next = encodePosition(
    decodePosition(first, INITIAL_LENGTH) - MILLISECOND + randomOffset(id),
    INITIAL_LENGTH
  )
  return next > LOWER_BOUND ? next : (positionBetween(LOWER_BOUND, first, id) ?? next)
}

/** A position after the last one, and after the positions of all todos that were created before the id. */
export function positionAfter(last: string, id: string): string {
  const initial = toPosition(id)
  if (initial > last) return initial
  const next = encodePosition(
    decodePosition(last, INITIAL_LENGTH) + MILLISECOND + randomOffset(id),
    INITIAL_LENGTH
  )
  return next < UPPER_BOUND ? next : (positionBetween(last, UPPER_BOUND, id) ?? next)
}

/**
 * A position right after a taken one: if there is room, before all positions that do not begin with its digits.
 * @param last the last position that was assigned there, or the taken position itself
 * @param next the position that follows `last`
 */
export function positionRightAfter(
  position: string,
  last: string,
  next: string | undefined,
  id: string
): string {
  const end = encodePosition(decodePosition(position, position.length) + 1n, position.length)
  const nearest = next !== undefined && next < end ? next : end
  return (
    positionBetween(last, nearest, id) ?? (next && positionBetween(last, next, id)) ?? positionAfter(last, id)
  )
}

/**
 * A position between two others. Positions stay short however many todos move into one gap: the longer of two neighbours
 * is the one that moved last, and the next position is a small step away from it instead of halfway.
 * @returns undefined when there is none of at most `MAX_POSITION_LENGTH` characters: after thousands of moves, each between
 * the two todos that moved last
 */
export function positionBetween(above: string, below: string, id: string): string | undefined {
  const length = Math.max(above.length, below.length)
  const [low, high] = [decodePosition(above, length), decodePosition(below, length)]
  if (low >= high) return undefined
  if (above.length !== below.length) {
    const next = (above.length > below.length ? low + STEP : high - STEP) + randomOffset(id)
    if (low < next && next < high) return encodePosition(next, length)
  }
  const gap = high - low
  if (gap > MIN_GAP) return encodePosition(low + gap / 2n + (randomOffset(id) % (gap / MIN_GAP)), length)
  if (length >= MAX_POSITION_LENGTH) return undefined
  return encodePosition(
    ((2n * low + gap) << (BigInt(EXTENSION_LENGTH) * BITS_PER_DIGIT - 1n)) + randomOffset(id),
    length + EXTENSION_LENGTH
  )
}

/**
 * Positions for several todos between two others, at equal distances and as short as possible.
 * @returns the position of each todo by its index, or undefined when the two others are too near to each other
 */
export function spreadPositions(
  above: string,
  below: string,
  count: number
): ((index: number) => string) | undefined {
  for (let length = INITIAL_LENGTH; length <= MAX_POSITION_LENGTH; length += EXTENSION_LENGTH) {
    if (above.slice(0, length) === below.slice(0, length)) continue
    const low = decodePosition(above, length)
    const step = (decodePosition(below, length) - low) / BigInt(count + 1)
    if (step >= MIN_SPREAD_STEP) return index => encodePosition(low + step * BigInt(index + 1), length)
  }
  return undefined
}

/** The number that a position stands for, as if it had `length` digits: cut off, or filled up with zeros. */
function decodePosition(position: string, length: number): bigint {
  const digits = Array.from(position.slice(0, length).padEnd(length, DIGITS[0]))
  return BigInt(`0o${digits.map(digit => OCTAL_BY_DIGIT.get(digit)).join('')}`)
}

function encodePosition(value: bigint, length: number): string {
  const octal = value.toString(8).padStart(2 * length, '0')
  return octal.replace(/../g, digit => DIGIT_BY_OCTAL.get(digit) as string)
}
