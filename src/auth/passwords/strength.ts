import { type MatchExtended, ZxcvbnFactory } from '@zxcvbn-ts/core'
import graphs from '@zxcvbn-ts/language-common/src/adjacencyGraphs.json' with { type: 'json' }
import diceware from '@zxcvbn-ts/language-common/src/diceware.json' with { type: 'json' }
import passwords from '@zxcvbn-ts/language-common/src/passwords.json' with { type: 'json' }
import commonWords from '@zxcvbn-ts/language-en/src/commonWords.json' with { type: 'json' }
import firstNames from '@zxcvbn-ts/language-en/src/firstnames.json' with { type: 'json' }
import wordSequences from '@zxcvbn-ts/language-en/src/wordSequences.json' with { type: 'json' }
import { toBaseLetters, toLatinKeys } from './normalization.ts'

/** The guesses that a password must withstand. zxcvbn scores that 3 of 4. At the cost of our hashes it takes months. */
const MIN_GUESSES = 1e8
/**
 * UTF-16 code units that are analyzed at the beginning and at the end of a password. The time grows with their square: 24 take
 * some milliseconds at worst, 128 would take most of a second. A longer window would only raise the estimate.
 */
const WINDOW_LENGTH = 24
/** The longest context word that always fits into a window. */
const MAX_WORD_LENGTH = 8
/** The readings of signs as letters (`@` as `a`) that are tried. Each takes as long as the password itself. */
const MAX_L33T_SUBSTITUTIONS = 4

/** The ways to split a password: into words and signs, or into letters, digits and signs. */
const SPLIT_PATTERNS = [/[\p{L}\p{N}]+|[^\p{L}\p{N}]+/gu, /\p{L}+|\p{N}+|[^\p{L}\p{N}]+/gu]
const HAS_LETTERS = /\p{L}{2}/u
/** A text with more words is a sentence. It is not split, since zxcvbn estimates sentences well. */
const MAX_SPLIT_WORDS = 2

/*
 * Created once for the process: 11 MB and a tenth of a second. The entry points of the packages would also load surnames and
 * the words of Wikipedia, which doubles both and refuses hardly any more passwords.
 */
const zxcvbn = new ZxcvbnFactory({
  dictionary: { passwords, diceware, commonWords, firstNames, ...wordSequences },
  graphs,
  l33tMaxSubstitutions: MAX_L33T_SUBSTITUTIONS
})

/** Labels for parts of a password, by the pattern that matched them. */
const patternLabels: Record<string, string> = {
  date: 'a date',
  regex: 'a year',
  repeat: 'a repetition',
  sequence: 'a sequence',
  spatial: 'a pattern of keys',
  wordSequence: 'a sequence'
}
const dictionaryLabels: Record<string, string> = { passwords: 'a common password', firstNames: 'a name' }

/**
 * Finds out why a password is easy to guess.
 * @param contextWords the words that guessers try first for this user, in lower case, each with its label
 * @returns labels for the parts of the password, never a part itself; undefined when the password withstands enough guesses
 */
export function findWeakness(
  password: string,
  contextWords: ReadonlyMap<string, string>
): string | undefined {
  const { text, words } = shortenContextWords(toBaseLetters(toLatinKeys(password)), contextWords)
  const windows = new Set([text.slice(0, WINDOW_LENGTH), text.slice(-WINDOW_LENGTH)])
  let matches: readonly MatchExtended[] = []
  for (const window of windows) {
    matches = findMatches(window, [...words.keys()])
    if (multiplyGuesses(matches) >= MIN_GUESSES) return undefined
  }
  const labels = new Set(
    matches.map(match => describeMatch(match, words)).filter(label => label !== undefined)
  )
  return [...labels].join(' and ') || 'a few characters'
}

/**
 * Finds a split of the text that takes too few guesses, or else returns the split of zxcvbn. zxcvbn avoids many parts, and so
 * takes `@12345!` after a word for random characters. A text of one or two words is therefore also matched piece by piece;
 * the result counts when most of the text is known.
 */
function findMatches(text: string, words: string[]): readonly MatchExtended[] {
  const wholeMatches = zxcvbn.check(text, words).sequence
  if (multiplyGuesses(wholeMatches) < MIN_GUESSES) return wholeMatches
  for (const splitPattern of SPLIT_PATTERNS) {
    const pieces = withoutRepetitions(Array.from(text.matchAll(splitPattern), ([piece]) => piece))
    if (pieces.filter(piece => HAS_LETTERS.test(piece)).length > MAX_SPLIT_WORDS) continue
    const pieceMatches = pieces.flatMap(piece => zxcvbn.check(piece, words).sequence)
    if (isMostlyMatched(pieceMatches) && multiplyGuesses(pieceMatches) < MIN_GUESSES) return pieceMatches
  }
  return wholeMatches
}

/** The pieces without repeated words, in any case of letters: a repetition adds hardly a guess. */
const withoutRepetitions = (pieces: readonly string[]): string[] => [
  ...new Map(
    pieces.map((piece, index) => [HAS_LETTERS.test(piece) ? piece.toLowerCase() : index, piece])
  ).values()
]

function isMostlyMatched(matches: readonly MatchExtended[]): boolean {
  const sumLengths = (subset: readonly MatchExtended[]) =>
    subset.reduce((sum, { token }) => sum + token.length, 0)
  return sumLengths(matches.filter(({ pattern }) => pattern !== 'bruteforce')) * 2 >= sumLengths(matches)
}

/** Shortens context words that may be longer than a window, such as an e-mail address, to their beginning. */
function shortenContextWords(text: string, contextWords: ReadonlyMap<string, string>) {
  let shortText = text.toLowerCase()
  const longWords = [...contextWords].filter(
    ([word]) => word.length > MAX_WORD_LENGTH && shortText.includes(word)
  )
  if (longWords.length === 0) return { text, words: contextWords }

  const prefixes = new Map<string, string>()
  longWords.sort(([a], [b]) => b.length - a.length)
  for (const [word, label] of longWords) {
    const prefix = word.slice(0, MAX_WORD_LENGTH)
    shortText = shortText.replaceAll(word, prefix)
    prefixes.set(prefix, label)
  }
  return { text: shortText, words: new Map([...prefixes, ...contextWords]) }
}

/**
 * The product of the guesses of all parts. The estimate of zxcvbn also grows with the number of parts, which makes a city, a
 * year and a sign as strong as eight random characters.
 */
const multiplyGuesses = (matches: readonly MatchExtended[]) =>
  matches.reduce((product, match) => product * Number(match.guesses), 1)

function describeMatch(match: MatchExtended, contextWords: ReadonlyMap<string, string>): string | undefined {
  if (match.pattern !== 'dictionary') return patternLabels[match.pattern]
  const { matchedWord, dictionaryName } = match
  return contextWords.get(matchedWord) ?? dictionaryLabels[dictionaryName] ?? 'a common word'
}
