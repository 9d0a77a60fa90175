import type { Wanted } from '../db/engine.ts'

/** The longest word, in characters; what is beyond is not searched. */
const MAX_WORD = 64

/** Letters and digits that stand together, with their marks. */
const RUN = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu
/** What is written without spaces. */
const UNSPACED =
  /((?:[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]\p{M}*)+)/u
/** Accents, and vowels that are written as marks, of scripts in which people leave them out. */
const ACCENTS = /([\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Arab}\p{sc=Hebr}])\p{Mn}+/gu
/** Marks on one letter beyond those that any text has (Unicode Standard Annex 15, section 13); to order more takes long. */
const EXCESS = /(?<=\p{M}{30})\p{M}+/gu
/** Says how a letter is shown, or where a word may be broken; it is no letter of its own. */
const INVISIBLE = /(?!\u200b)\p{Default_Ignorable_Code_Point}/gu
/** What needs none of the above: plain ASCII is most of what is written. */
const PLAIN = /^[\0-\x7f]*$/
const PLAIN_RUN = /[A-Z\d]+/g

/** A text without regard to case, compatibility forms (Unicode Standard Annex 15) and accents. */
export function folded(text: string): string {
  if (PLAIN.test(text)) return text.toUpperCase()
  // By way of the small letters: ẞ has no other great one, but ß has.
  const small = text.replace(INVISIBLE, '').replace(EXCESS, '').toLowerCase()
  return small.normalize('NFKD').replace(ACCENTS, '$1').normalize('NFC').toLowerCase().toUpperCase()
}

/** The words of a text in any script, folded, each once. */
export function wordsOf(text: string): string[] {
  const key = folded(text)
  const words = PLAIN.test(key) ? (key.match(PLAIN_RUN) ?? []) : anyWords(key)
  return [...new Set(words.map(shortened))]
}

function anyWords(key: string): string[] {
  const parts = (key.match(RUN) ?? []).flatMap(run => run.split(UNSPACED))
  return parts.flatMap(part => (UNSPACED.test(part) ? pairs(part) : [part])).filter(word => word !== '')
}

/**
 * Every two characters that stand together, and the last one. Thus any part of what is written without spaces is found,
 * and with no dictionary, which would be another one in the next version of Unicode.
 */
function pairs(part: string): string[] {
  const characters = Array.from(part)
  return characters.map((character, index) => character + (characters[index + 1] ?? ''))
}

const shortened = (word: string) =>
  word.length <= MAX_WORD ? word : Array.from(word).slice(0, MAX_WORD).join('')

/** A tag as a term: to the letter, and no word. */
const tagTerm = (tag: string) => `#${Buffer.from(tag).toString('hex')}`
/** An owner as a term, by which an index of everybody's todos is entered. */
const ownerTerm = (userId: string) => `@${userId}`

/** What a todo is found by, separated by spaces. */
export const termsOf = (userId: string, texts: readonly string[], tags: readonly string[]): string =>
  [ownerTerm(userId), ...wordsOf(texts.join('\n')), ...tags.map(tagTerm)].join(' ')

/** The terms that a user's todos must have to be found. */
export const wantedTerms = (userId: string, words: string, tags: readonly string[]): Wanted => ({
  whole: [ownerTerm(userId), ...tags.map(tagTerm)],
  beginnings: wordsOf(words)
})
