import type { SearchTerms } from '../../db/engine.ts'
import { normalizeTag } from '../content/tags.ts'
import { fold, isAscii } from './folding.ts'

/** The longest word, in characters; what is beyond is not searched. */
const MAX_WORD_LENGTH = 64
/** The most parts of a compound that is found by its parts written together. */
const MAX_COMPOUND_PARTS = 8

/** Letters by the Unicode Standard, but apostrophes to those who type them. */
const APOSTROPHES = '\\u02b9-\\u02bf\\ua78b\\ua78c'
/** Joins the parts of a compound: an apostrophe, a hyphen and the like; a dot, too, but not between digits. */
const JOINERS = `'"\`_\\p{Pd}\\u2212\\u2018\\u2019\\u201b\\u2032\\u05f3\\u05f4\\xb7\\u2027${APOSTROPHES}`
const ASCII_JOINERS = `'"\`_-`
const LETTER = `(?![${APOSTROPHES}])[\\p{L}\\p{N}]`
/** A picture by itself: an emoji, a flag, a keycap, a symbol beyond those of Latin-1 (° and the like). */
const EMOJI_OR_SYMBOL =
  '\\p{RI}{1,2}|[#*]\\u20e3|(?![\\0-\\xff\\u2800\\ufffc])[\\p{So}\\p{Extended_Pictographic}][\\u{e0020}-\\u{e007f}]*'

/** The signs of names such as C++ and C#. */
const SIGN_SUFFIX = '(?:[+]{2}|(?<=(?<![A-Z\\d])[A-Z])[+#])(?![A-Z\\d+#])'

/** A compound or a word by itself. */
const compoundPattern = (word: string, joiners: string) =>
  `${word}(?:(?:[${joiners}]|(?<!\\d)[.]|[.](?!\\d))${word})*(?:${SIGN_SUFFIX})?`

const ASCII_COMPOUND = new RegExp(compoundPattern('[A-Z\\d]+', ASCII_JOINERS), 'g')
const COMPOUND_OR_SYMBOL = new RegExp(
  `${compoundPattern(`${LETTER}(?:${LETTER}|\\p{M})*`, JOINERS)}|${EMOJI_OR_SYMBOL}`,
  'gu'
)
const ASCII_WORD = /^[A-Z\d]+$/
/** One of them is a hyphen, too: 〰. */
const WHOLE_EMOJI_OR_SYMBOL = new RegExp(`^(?:${EMOJI_OR_SYMBOL})$`, 'u')
const JOINER = new RegExp(`[.${JOINERS}]`, 'u')
const TRAILING_SIGNS = /[+#]+$/
/** What is written without spaces. */
const UNSPACED_SCRIPT =
  /((?:[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]\p{M}*)+)/u

/** The words of a text in any script, folded, each once: with those of its compounds, and these written together. */
export const tokenize = (text: string): string[] => [
  ...new Set(
    splitCompounds(text).flatMap(compound => {
      const { words, concatenations } = parseCompound(compound)
      return concatenations.length === 0 ? words : [...words, ...concatenations]
    })
  )
]

/** Compounds and words by themselves, each once. */
function splitCompounds(text: string): string[] {
  const foldedText = fold(text)
  return [...new Set(foldedText.match(isAscii(foldedText) ? ASCII_COMPOUND : COMPOUND_OR_SYMBOL))]
}

interface Compound {
  readonly words: string[]
  /** The parts written together, at first all of them, then those from the second one on, and so on: EMAIL. */
  readonly concatenations: string[]
}

function parseCompound(compound: string): Compound {
  if (ASCII_WORD.test(compound) || WHOLE_EMOJI_OR_SYMBOL.test(compound))
    return { words: [truncateWord(compound)], concatenations: [] }
  const [signs = ''] = TRAILING_SIGNS.exec(compound) ?? []
  const parts = compound.slice(0, compound.length - signs.length).split(JOINER)
  const words = parts.flatMap(splitWords)
  if (signs) words.push(`${words.at(-1)}${signs}`)
  return { words: words.map(truncateWord), concatenations: concatenateParts(parts).map(truncateWord) }
}

const splitWords = (part: string): string[] =>
  part
    .split(UNSPACED_SCRIPT)
    .filter(piece => piece !== '')
    .flatMap(piece => (UNSPACED_SCRIPT.test(piece) ? toBigrams(piece) : [piece]))

/**
 * Every two characters that stand together, and the last one. Thus any part of what is written without spaces is found,
 * and with no dictionary, which would be another one in the next version of Unicode.
 */
function toBigrams(part: string): string[] {
  const characters = Array.from(part)
  return characters.map((character, index) => character + (characters[index + 1] ?? ''))
}

function concatenateParts(parts: readonly string[]): string[] {
  if (parts.length > MAX_COMPOUND_PARTS || parts.some(part => UNSPACED_SCRIPT.test(part))) return []
  return parts.slice(0, -1).map((_, index) => parts.slice(index).join(''))
}

const truncateWord = (word: string) =>
  word.length <= MAX_WORD_LENGTH ? word : Array.from(word).slice(0, MAX_WORD_LENGTH).join('')

/** A tag as a term: to the letter, and no word. */
const toTagTerm = (tag: string) => `#${Buffer.from(normalizeTag(tag)).toString('hex')}`
/** An owner as a term, by which an index of everybody's todos is entered. */
const toOwnerTerm = (userId: string) => `@${userId}`

/** What a todo is found by, separated by spaces. */
export const toIndexTerms = (userId: string, texts: readonly string[], tags: readonly string[]): string =>
  [toOwnerTerm(userId), ...tokenize(texts.join('\n')), ...tags.map(toTagTerm)].join(' ')

/** The terms that a user's todos must have to be found. Each word of a compound may be part of it written together. */
export const toSearchTerms = (userId: string, query: string, tags: readonly string[]): SearchTerms => ({
  exactTerms: [toOwnerTerm(userId), ...tags.map(toTagTerm)],
  prefixTerms: splitCompounds(query).flatMap(compound => {
    const { words, concatenations: together } = parseCompound(compound)
    return words.map(word => [word, ...together.slice(0, 1)])
  })
})
