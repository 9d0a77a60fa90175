import { fold } from './folding.ts'

/** Characters of a title that count in the order of titles. */
const MAX_TITLE_KEY_LENGTH = 200

/** The zeros before a number, and the number. Digits of other scripts are folded to these. */
const NUMBER = /(0*)(\d+)/g
/** Sorts before every character of a title. */
const BEFORE_ALL_TITLES = '\x01'

/**
 * The sort key of a title, in the order of bytes: folded, and its numbers in the order of their values, so that "Item 9" comes
 * before "Item 10". Zeros before a number count only between titles that are the same without them.
 */
export function toTitleKey(title: string): string {
  const key = truncate(fold(title))
  const zeros = Array.from(key.matchAll(NUMBER), ([, zeros]) => zeros)
  const tieBreaker = zeros.some(Boolean) ? BEFORE_ALL_TITLES + zeros.join(' ') : ''
  return key.replace(NUMBER, (_, _zeros, digits: string) => toLengthPrefix(digits) + digits) + tieBreaker
}

/** The longer of two numbers is the greater one. A prefix is made of digits, so numbers stay where digits sort. */
const toLengthPrefix = ({ length }: string): string =>
  length < 9 ? `${length}` : `9${`${length}`.padStart(3, '0')}`

const truncate = (key: string) =>
  key.length <= MAX_TITLE_KEY_LENGTH ? key : Array.from(key).slice(0, MAX_TITLE_KEY_LENGTH).join('')
