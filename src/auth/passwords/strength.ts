import { type MatchExtended, ZxcvbnFactory } from '@zxcvbn-ts/core'
import graphs from '@zxcvbn-ts/language-common/src/adjacencyGraphs.json' with { type: 'json' }
import diceware from '@zxcvbn-ts/language-common/src/diceware.json' with { type: 'json' }
import passwords from '@zxcvbn-ts/language-common/src/passwords.json' with { type: 'json' }
import commonWords from '@zxcvbn-ts/language-en/src/commonWords.json' with { type: 'json' }
import firstNames from '@zxcvbn-ts/language-en/src/firstnames.json' with { type: 'json' }
import wordSequences from '@zxcvbn-ts/language-en/src/wordSequences.json' with { type: 'json' }
import { toBaseLetters, toLatinKeys } from './normalization.ts'

/** The guesses that a password has to withstand: what zxcvbn scores 3 of 4, months of hashing at our cost. */
const MIN_GUESSES = 1e8
/**
 * UTF-16 code units that are looked at, at the beginning and at the end. The time grows with the square of them: 24 take
 * some milliseconds at worst, 128 would take most of a second. More of them would only raise the estimate.
 */
const WINDOW_LENGTH = 24
/** The longest known word that surely is within a window. */
const MAX_WORD_LENGTH = 8
/** How many readings of signs as letters (`@` as `a`) are tried; each takes as long as the password itself. */
const MAX_L33T_SUBSTITUTIONS = 4

/** Where a password may be cut: between words and signs; or between letters, digits and signs. */
const SPLIT_PATTERNS = [/[\p{L}\p{N}]+|[^\p{L}\p{N}]+/gu, /\p{L}+|\p{N}+|[^\p{L}\p{N}]+/gu]
const HAS_LETTERS = /\p{L}{2}/u
/** More words than these make a sentence, which is as strong as zxcvbn finds it. */
const MAX_SPLIT_WORDS = 2

/*
 * Made once for the process: 11 MB, and a tenth of a second. The packages' entries would load surnames and the words of
 * Wikipedia, too, which doubles both and refuses hardly anything more.
 */
const zxcvbn = new ZxcvbnFactory({
  dictionary: { passwords, diceware, commonWords, firstNames, ...wordSequences },
  graphs,
  l33tMaxSubstitutions: MAX_L33T_SUBSTITUTIONS
})

/** What a part of a password is called, by how it was found. */
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
 * What makes a password easy to guess.
 * @param contextWords the words that are guessed first for this user, lower-cased, and what each is
 * @returns what it consists of, never a part of itself; undefined for one that withstands enough guesses
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
 * A reading that takes too few guesses, or else zxcvbn's own. That minds the number of parts, so it takes `@12345!` behind a
 * word for a few characters at random: what is of one or two words is read piece by piece, too, where most of it is known.
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

/** Without the words that are there again, in whatever case: a repetition adds hardly a guess. */
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

/** Leaves no more than the beginning of a known word that may be longer than a window, such as a whole e-mail address. */
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
 * The guesses of each part, multiplied. Those of zxcvbn's own sum grow with the number of parts whatever they are, so that
 * a city, a year and a sign come out as strong as eight characters at random.
 */
const multiplyGuesses = (matches: readonly MatchExtended[]) =>
  matches.reduce((product, match) => product * Number(match.guesses), 1)

function describeMatch(match: MatchExtended, contextWords: ReadonlyMap<string, string>): string | undefined {
  if (match.pattern !== 'dictionary') return patternLabels[match.pattern]
  const { matchedWord, dictionaryName } = match
  return contextWords.get(matchedWord) ?? dictionaryLabels[dictionaryName] ?? 'a common word'
}
