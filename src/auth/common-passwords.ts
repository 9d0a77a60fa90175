import list from '@zxcvbn-ts/language-common/src/passwords.json' with { type: 'json' }

/** Shorter ones are refused for their length. */
const SHORTEST = 8
/** The longest that counts as one piece over and over; longer ones are not among the most common. */
const LONGEST_REPEAT = 12

// The package's entry would load its other dictionaries too, and take twice the time.
const listed = new Set(list.filter(password => password.length >= SHORTEST))

const rows = ['01234567890-=', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiop[]', "asdfghjkl;'"]
const runs = [...rows, ...rows.map(row => [...row].reverse().join(''))]

const repeat = /^(.{1,6})\1+$/s

const [day, month, year] = ['(0[1-9]|[12]\\d|3[01])', '(0[1-9]|1[0-2])', '(19|20)\\d\\d']
const date = new RegExp(`^(${day}${month}${year}|${month}${day}${year}|${year}${month}${day})$`)

/**
 * Whether a password is among those that are guessed first: in zxcvbn's list of the most common ones, counted in ten
 * million leaked passwords, or of a kind that the list leaves out because zxcvbn finds it by itself: one piece over and
 * over, neighbours in the alphabet or on the keyboard, a date. Case does not count, for guessers vary it first.
 */
export function isCommon(password: string): boolean {
  const guess = password.toLowerCase()
  if (listed.has(guess) || date.test(guess)) return true
  if (guess.length <= LONGEST_REPEAT && repeat.test(guess)) return true
  return runs.some(run => run.includes(guess))
}
