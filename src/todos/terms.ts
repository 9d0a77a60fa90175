import type { Wanted } from '../db/engine.ts'

/** The longest word, in characters; what is beyond is not searched. */
const MAX_WORD = 64

/** Letters, digits and marks that stand together. */
const RUN = /[\p{L}\p{N}\p{M}]+/gu
/** Scripts that are written without spaces, in which words are found by a dictionary. */
const UNSPACED = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]/u
/** Accents of scripts in which people leave them out. In others, marks are vowels. */
const ACCENTS = /(?<=[\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}]\p{Mn}*)\p{Mn}/gu
/** What needs none of the above: plain ASCII is most of what is written. */
const PLAIN = /^[\0-\x7f]*$/

const segmenter = new Intl.Segmenter('und', { granularity: 'word' })

/** A text without regard to case, compatibility forms (Unicode Standard Annex 15) and accents. */
export function folded(text: string): string {
  if (PLAIN.test(text)) return text.toUpperCase()
  return text.normalize('NFKD').replace(ACCENTS, '').normalize('NFC').toUpperCase()
}

/** The words of a text in any script, folded, each once. */
export function wordsOf(text: string): string[] {
  const words = (folded(text).match(RUN) ?? []).flatMap(run => (UNSPACED.test(run) ? segments(run) : [run]))
  return [...new Set(words.map(shortened))]
}

const segments = (run: string) =>
  Array.from(segmenter.segment(run))
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment)

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
