import type { SearchTerms } from '../../db/engine.ts'
import { normalizeTag } from '../content/tags.ts'
import { fold, isAscii } from './folding.ts'

/** The longest word, in characters; the rest of a longer word is not searched. */
const MAX_WORD_LENGTH = 64
/** The most parts of a compound that can be found by its parts written together. */
const MAX_COMPOUND_PARTS = 8

/** Letters in Unicode, which people type as apostrophes. */
const APOSTROPHES = '\\u02b9-\\u02bf\\ua78b\\ua78c'
/** Characters that join the parts of a compound. A dot joins, too, but not between digits. */
const JOINERS = `'"\`_\\p{Pd}\\u2212\\u2018\\u2019\\u201b\\u2032\\u05f3\\u05f4\\xb7\\u2027${APOSTROPHES}`
const ASCII_JOINERS = `'"\`_-`
const LETTER = `(?![${APOSTROPHES}])[\\p{L}\\p{N}]`
/** An emoji, a flag, a keycap, or a symbol beyond those of Latin-1. */
const EMOJI_OR_SYMBOL =
  '\\p{RI}{1,2}|[#*]\\u20e3|(?![\\0-\\xff\\u2800\\ufffc])[\\p{So}\\p{Extended_Pictographic}][\\u{e0020}-\\u{e007f}]*'

/** The last characters of names such as C++ and C#. */
const SIGN_SUFFIX = '(?:[+]{2}|(?<=(?<![A-Z\\d])[A-Z])[+#])(?![A-Z\\d+#])'

/** A compound or a single word. */
const compoundPattern = (word: string, joiners: string) =>
  `${word}(?:(?:[${joiners}]|(?<!\\d)[.]|[.](?!\\d))${word})*(?:${SIGN_SUFFIX})?`

const ASCII_COMPOUND = new RegExp(compoundPattern('[A-Z\\d]+', ASCII_JOINERS), 'g')
const COMPOUND_OR_SYMBOL = new RegExp(
  `${compoundPattern(`${LETTER}(?:${LETTER}|\\p{M})*`, JOINERS)}|${EMOJI_OR_SYMBOL}`,
  'gu'
)
const ASCII_WORD = /^[A-Z\d]+$/
/** Tested before the joiners, because 〰 is a hyphen, too. */
const WHOLE_EMOJI_OR_SYMBOL = new RegExp(`^(?:${EMOJI_OR_SYMBOL})$`, 'u')
const JOINER = new RegExp(`[.${JOINERS}]`, 'u')
const TRAILING_SIGNS = /[+#]+$/
/** Scripts that are written without spaces. */
const UNSPACED_SCRIPT =
  /((?:[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]\p{M}*)+)/u

/** The folded words of a text in any script, each once: with the parts of compounds, and with the parts written together. */
export const tokenize = (text: string): string[] => [
  ...new Set(
    splitCompounds(text).flatMap(compound => {
      const { words, concatenations } = parseCompound(compound)
      return concatenations.length === 0 ? words : [...words, ...concatenations]
    })
  )
]

/** The compounds and single words of a text, each once. */
function splitCompounds(text: string): string[] {
  const foldedText = fold(text)
  return [...new Set(foldedText.match(isAscii(foldedText) ? ASCII_COMPOUND : COMPOUND_OR_SYMBOL))]
}

interface Compound {
  readonly words: string[]
  /** The parts written together, such as EMAIL: all parts first, then the parts from the second one on, and so on. */
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
 * Every two neighbouring characters, and the last one. Thus a search finds any part of a text without spaces, and needs no
 * dictionary, which would differ with the next version of Unicode.
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

/** The term of a tag, which matches exactly and is no word. */
const toTagTerm = (tag: string) => `#${Buffer.from(normalizeTag(tag)).toString('hex')}`
/** The term of an owner, since one index holds the todos of all users. */
const toOwnerTerm = (userId: string) => `@${userId}`

/** The terms by which a todo is found, separated by spaces. */
export const toIndexTerms = (userId: string, texts: readonly string[], tags: readonly string[]): string =>
  [toOwnerTerm(userId), ...tokenize(texts.join('\n'))].join(' ') + toTagTerms(tags)

/** The end of the terms of a todo with these tags, in ASCII. */
export const toTagTerms = (tags: readonly string[]): string => tags.map(tag => ` ${toTagTerm(tag)}`).join('')

/** The terms that a todo must have to be found. A word of a compound may also be part of the words written together. */
export const toSearchTerms = (userId: string, query: string, tags: readonly string[]): SearchTerms => ({
  exactTerms: [toOwnerTerm(userId), ...tags.map(toTagTerm)],
  prefixTerms: splitCompounds(query).flatMap(compound => {
    const { words, concatenations } = parseCompound(compound)
    return words.map(word => [word, ...concatenations.slice(0, 1)])
  })
})
