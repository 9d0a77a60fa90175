import type { Wanted } from '../db/engine.ts'
import { folded, isPlain } from './folding.ts'
import { canonicalTag } from './tags.ts'

/** The longest word, in characters; what is beyond is not searched. */
const MAX_WORD = 64
/** The most parts of a compound that is found by its parts written together. */
const MAX_PARTS = 8

/** Letters by the Unicode Standard, but apostrophes to those who type them. */
const APOSTROPHES = '\\u02b9-\\u02bf\\ua78b\\ua78c'
/** Joins the parts of a compound: an apostrophe, a hyphen and the like; a dot, too, but not between digits. */
const JOINTS = `'"\`_\\p{Pd}\\u2212\\u2018\\u2019\\u201b\\u2032\\u05f3\\u05f4\\xb7\\u2027${APOSTROPHES}`
const PLAIN_JOINTS = `'"\`_-`
const LETTER = `(?![${APOSTROPHES}])[\\p{L}\\p{N}]`
/** A picture by itself: an emoji, a flag, a keycap, a symbol beyond those of Latin-1 (° and the like). */
const PICTURE =
  '\\p{RI}{1,2}|[#*]\\u20e3|(?![\\0-\\xff\\u2800\\ufffc])[\\p{So}\\p{Extended_Pictographic}][\\u{e0020}-\\u{e007f}]*'

/** The signs of names such as C++ and C#. */
const SIGNED = '(?:[+]{2}|(?<=(?<![A-Z\\d])[A-Z])[+#])(?![A-Z\\d+#])'

/** A compound or a word by itself. */
const written = (word: string, joints: string) =>
  `${word}(?:(?:[${joints}]|(?<!\\d)[.]|[.](?!\\d))${word})*(?:${SIGNED})?`

const PLAIN_WRITTEN = new RegExp(written('[A-Z\\d]+', PLAIN_JOINTS), 'g')
const WRITTEN = new RegExp(`${written(`${LETTER}(?:${LETTER}|\\p{M})*`, JOINTS)}|${PICTURE}`, 'gu')
const PLAIN_WORD = /^[A-Z\d]+$/
/** One of them is a hyphen, too: 〰. */
const IS_PICTURE = new RegExp(`^(?:${PICTURE})$`, 'u')
const JOINT = new RegExp(`[.${JOINTS}]`, 'u')
const SIGNS = /[+#]+$/
/** What is written without spaces. */
const UNSPACED =
  /((?:[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]\p{M}*)+)/u

/** The words of a text in any script, folded, each once: with those of its compounds, and these written together. */
export const wordsOf = (text: string): string[] => [
  ...new Set(
    compoundsOf(text).flatMap(compound => {
      const { words, together } = compoundOf(compound)
      return together.length === 0 ? words : [...words, ...together]
    })
  )
]

/** Compounds and words by themselves, each once. */
function compoundsOf(text: string): string[] {
  const key = folded(text)
  return [...new Set(key.match(isPlain(key) ? PLAIN_WRITTEN : WRITTEN))]
}

interface Compound {
  readonly words: string[]
  /** The parts written together, at first all of them, then those from the second one on, and so on: EMAIL. */
  readonly together: string[]
}

function compoundOf(compound: string): Compound {
  if (PLAIN_WORD.test(compound) || IS_PICTURE.test(compound))
    return { words: [shortened(compound)], together: [] }
  const [signs = ''] = SIGNS.exec(compound) ?? []
  const parts = compound.slice(0, compound.length - signs.length).split(JOINT)
  const words = parts.flatMap(wordsIn)
  if (signs) words.push(`${words.at(-1)}${signs}`)
  return { words: words.map(shortened), together: joined(parts).map(shortened) }
}

const wordsIn = (part: string): string[] =>
  part
    .split(UNSPACED)
    .filter(piece => piece !== '')
    .flatMap(piece => (UNSPACED.test(piece) ? pairs(piece) : [piece]))

/**
 * Every two characters that stand together, and the last one. Thus any part of what is written without spaces is found,
 * and with no dictionary, which would be another one in the next version of Unicode.
 */
function pairs(part: string): string[] {
  const characters = Array.from(part)
  return characters.map((character, index) => character + (characters[index + 1] ?? ''))
}

function joined(parts: readonly string[]): string[] {
  if (parts.length > MAX_PARTS || parts.some(part => UNSPACED.test(part))) return []
  return parts.slice(0, -1).map((_, index) => parts.slice(index).join(''))
}

const shortened = (word: string) =>
  word.length <= MAX_WORD ? word : Array.from(word).slice(0, MAX_WORD).join('')

/** A tag as a term: to the letter, and no word. */
const tagTerm = (tag: string) => `#${Buffer.from(canonicalTag(tag)).toString('hex')}`
/** An owner as a term, by which an index of everybody's todos is entered. */
const ownerTerm = (userId: string) => `@${userId}`

/** What a todo is found by, separated by spaces. */
export const termsOf = (userId: string, texts: readonly string[], tags: readonly string[]): string =>
  [ownerTerm(userId), ...wordsOf(texts.join('\n')), ...tags.map(tagTerm)].join(' ')

/** The terms that a user's todos must have to be found. Each word of a compound may be part of it written together. */
export const wantedTerms = (userId: string, words: string, tags: readonly string[]): Wanted => ({
  whole: [ownerTerm(userId), ...tags.map(tagTerm)],
  beginnings: compoundsOf(words).flatMap(compound => {
    const { words, together } = compoundOf(compound)
    return words.map(word => [word, ...together.slice(0, 1)])
  })
})
