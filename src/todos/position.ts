import { UUID } from 'uuidv7'

/** Digits in the order of their bytes, so that positions are in the order of their text. */
const DIGITS = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'
const BITS_PER_DIGIT = 6n
/** The same digits in the base of eight, which numbers of any length are read and written in at once. */
const OCTAL_BY_DIGIT = new Map(
  Array.from(DIGITS, (digit, value) => [digit, value.toString(8).padStart(2, '0')])
)
const DIGIT_BY_OCTAL = new Map(Array.from(OCTAL_BY_DIGIT, ([digit, octal]) => [octal, digit]))

/** Digits of a position at first: an id's 128 bits. */
const INITIAL_LENGTH = 22
/** Digits that are added where there is no room left between two positions. */
const EXTENSION_LENGTH = 16
/** A millisecond in the first digits. */
const MILLISECOND = 1n << (BigInt(INITIAL_LENGTH) * BITS_PER_DIGIT - 48n)
/** Between positions of more digits: 65,536 of them fit into one more level. */
const STEP = 1n << (BigInt(EXTENSION_LENGTH) * BITS_PER_DIGIT - 16n)
/** Numbers between two positions that are too few to choose from. */
const MIN_GAP = 16n

/** The longest position: an index entry of PostgreSQL has about 2700 bytes. */
export const MAX_POSITION_LENGTH = INITIAL_LENGTH + 140 * EXTENSION_LENGTH
/** Between these is what is kept: the first digit is neither the least nor the greatest. */
const [LOWER_BOUND, UPPER_BOUND] = [
  '0'.padEnd(INITIAL_LENGTH, DIGITS[0]),
  'z'.padEnd(INITIAL_LENGTH, DIGITS[0])
]
/** There is room before and after any position; the very first and the very last are none. */
export const POSITION_PATTERN = `^(?!0-*$|yz*$)[0-9A-Za-y_][\\w-]{${INITIAL_LENGTH - 1}}([\\w-]{${EXTENSION_LENGTH}}){0,${(MAX_POSITION_LENGTH - INITIAL_LENGTH) / EXTENSION_LENGTH}}$`

/**
 * The position of a new todo, below those that were made before: the time is in its id (UUIDv7). It is the id, six bits a
 * digit, with its first bit set, which leaves half of the space above for those that are moved to the top;
 * every new todo needs one, so it is made without the large numbers below, which take three times as long.
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
 * Two that move to one place at a time must not choose the same position, and neither must one that moves to where a todo
 * in the trash will be restored. So each choice is random in part, by the end of a new id.
 */
const randomOffset = (id: string): bigint => BigInt(`0x${UUID.parse(id).toHex()}`) & ((1n << 62n) - 1n)

/** A position before the first one. */
export function positionBefore(first: string, id: string): string {
  const next = encodePosition(
    decodePosition(first, INITIAL_LENGTH) - MILLISECOND + randomOffset(id),
    INITIAL_LENGTH
  )
  return next > LOWER_BOUND ? next : (positionBetween(LOWER_BOUND, first, id) ?? next)
}

/** A position after the last one, and after those of all todos that were made before the one with the id. */
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
 * A position right after another that is taken: before all that do not begin with its digits, if there is room.
 * @param last the last one that was put there, or the position itself
 * @param next the one that comes after that
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
 * A position between two others. However often todos are moved to the same place, it stays short: of two neighbours the
 * longer one is where the last one was moved to, and the next goes a small step from there, not halfway.
 * @returns it, or undefined when there is none, or it would be longer than `MAX_POSITION`, after thousands of moves between
 * the last two moved
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

/** The number that the first digits of a position are, or all of them with zeros up to the length. */
function decodePosition(position: string, length: number): bigint {
  const digits = Array.from(position.slice(0, length).padEnd(length, DIGITS[0]))
  return BigInt(`0o${digits.map(digit => OCTAL_BY_DIGIT.get(digit)).join('')}`)
}

function encodePosition(value: bigint, length: number): string {
  const octal = value.toString(8).padStart(2 * length, '0')
  return octal.replace(/../g, digit => DIGIT_BY_OCTAL.get(digit) as string)
}
