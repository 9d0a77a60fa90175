import { type MatchExtended, ZxcvbnFactory } from '@zxcvbn-ts/core'
import graphs from '@zxcvbn-ts/language-common/src/adjacencyGraphs.json' with { type: 'json' }
import diceware from '@zxcvbn-ts/language-common/src/diceware.json' with { type: 'json' }
import passwords from '@zxcvbn-ts/language-common/src/passwords.json' with { type: 'json' }
import commonWords from '@zxcvbn-ts/language-en/src/commonWords.json' with { type: 'json' }
import firstNames from '@zxcvbn-ts/language-en/src/firstnames.json' with { type: 'json' }
import wordSequences from '@zxcvbn-ts/language-en/src/wordSequences.json' with { type: 'json' }
import { baseLettersOf, latinKeysOf } from './password-text.ts'

/** The guesses that a password has to withstand: what zxcvbn scores 3 of 4, months of hashing at our cost. */
const LEAST_GUESSES = 1e8
/**
 * UTF-16 code units that are looked at, at the beginning and at the end. The time grows with the square of them: 24 take
 * some milliseconds at worst, 128 would take most of a second. More of them would only raise the estimate.
 */
const WINDOW = 24
/** The longest known word that surely is within a window. */
const LONG_WORD = 8
/** How many readings of signs as letters (`@` as `a`) are tried; each takes as long as the password itself. */
const READINGS = 4

/** Where a password may be cut: between words and signs; or between letters, digits and signs. */
const CUTS = [/[\p{L}\p{N}]+|[^\p{L}\p{N}]+/gu, /\p{L}+|\p{N}+|[^\p{L}\p{N}]+/gu]
const LETTERS = /\p{L}{2}/u
/** More words than these make a sentence, which is as strong as zxcvbn finds it. */
const FEW_WORDS = 2

/*
 * Made once for the process: 11 MB, and a tenth of a second. The packages' entries would load surnames and the words of
 * Wikipedia, too, which doubles both and refuses hardly anything more.
 */
const zxcvbn = new ZxcvbnFactory({
  dictionary: { passwords, diceware, commonWords, firstNames, ...wordSequences },
  graphs,
  l33tMaxSubstitutions: READINGS
})

/** What a part of a password is called, by how it was found. */
const kinds: Record<string, string> = {
  date: 'a date',
  regex: 'a year',
  repeat: 'a repetition',
  sequence: 'a sequence',
  spatial: 'a pattern of keys',
  wordSequence: 'a sequence'
}
const dictionaries: Record<string, string> = { passwords: 'a common password', firstNames: 'a name' }

/**
 * What makes a password easy to guess.
 * @param known the words that are guessed first for this user, lower-cased, and what each is
 * @returns what it consists of, never a part of itself; undefined for one that withstands enough guesses
 */
export function weaknessOf(password: string, known: ReadonlyMap<string, string>): string | undefined {
  const { text, words } = shortened(baseLettersOf(latinKeysOf(password)), known)
  const windows = new Set([text.slice(0, WINDOW), text.slice(-WINDOW)])
  let parts: readonly MatchExtended[] = []
  for (const window of windows) {
    parts = partsOf(window, [...words.keys()])
    if (guessesOf(parts) >= LEAST_GUESSES) return undefined
  }
  const names = new Set(parts.map(part => nameOf(part, words)).filter(name => name !== undefined))
  return [...names].join(' and ') || 'a few characters'
}

/**
 * A reading that takes too few guesses, or else zxcvbn's own. That minds the number of parts, so it takes `@12345!` behind a
 * word for a few characters at random: what is of one or two words is read piece by piece, too, where most of it is known.
 */
function partsOf(text: string, words: string[]): readonly MatchExtended[] {
  const whole = zxcvbn.check(text, words).sequence
  if (guessesOf(whole) < LEAST_GUESSES) return whole
  for (const cut of CUTS) {
    const pieces = distinct(Array.from(text.matchAll(cut), ([piece]) => piece))
    if (pieces.filter(piece => LETTERS.test(piece)).length > FEW_WORDS) continue
    const apart = pieces.flatMap(piece => zxcvbn.check(piece, words).sequence)
    if (isMostlyKnown(apart) && guessesOf(apart) < LEAST_GUESSES) return apart
  }
  return whole
}

/** Without the words that are there again, in whatever case: a repetition adds hardly a guess. */
const distinct = (pieces: readonly string[]): string[] => [
  ...new Map(pieces.map((piece, at) => [LETTERS.test(piece) ? piece.toLowerCase() : at, piece])).values()
]

function isMostlyKnown(parts: readonly MatchExtended[]): boolean {
  const lengthOf = (some: readonly MatchExtended[]) => some.reduce((sum, { token }) => sum + token.length, 0)
  return lengthOf(parts.filter(({ pattern }) => pattern !== 'bruteforce')) * 2 >= lengthOf(parts)
}

/** Leaves no more than the beginning of a known word that may be longer than a window, such as a whole e-mail address. */
function shortened(text: string, known: ReadonlyMap<string, string>) {
  let short = text.toLowerCase()
  const long = [...known].filter(([word]) => word.length > LONG_WORD && short.includes(word))
  if (long.length === 0) return { text, words: known }

  const beginnings = new Map<string, string>()
  long.sort(([a], [b]) => b.length - a.length)
  for (const [word, name] of long) {
    const beginning = word.slice(0, LONG_WORD)
    short = short.replaceAll(word, beginning)
    beginnings.set(beginning, name)
  }
  return { text: short, words: new Map([...beginnings, ...known]) }
}

/**
 * The guesses of each part, multiplied. Those of zxcvbn's own sum grow with the number of parts whatever they are, so that
 * a city, a year and a sign come out as strong as eight characters at random.
 */
const guessesOf = (parts: readonly MatchExtended[]) =>
  parts.reduce((product, part) => product * Number(part.guesses), 1)

function nameOf(part: MatchExtended, known: ReadonlyMap<string, string>): string | undefined {
  if (part.pattern !== 'dictionary') return kinds[part.pattern]
  const { matchedWord, dictionaryName } = part
  return known.get(matchedWord) ?? dictionaries[dictionaryName] ?? 'a common word'
}
