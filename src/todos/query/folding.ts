import anyAscii from 'any-ascii'

/** UTF-16 code units of a decomposed text that are folded: one character may decompose into eighteen. */
const MAX_FOLDED = 65_536

/** Accents and vowel marks of the scripts whose writers leave them out. */
const ACCENTS = /([\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Arab}\p{sc=Hebr}])\p{Mn}+/gu
/** More marks on one letter than any real text has (Unicode Standard Annex 15, section 13), slow to normalize. */
const EXCESS_MARKS = /(?<=\p{M}{30})\p{M}+/gu
/** Characters that only change how others are shown. Those that tell the flags of England and Scotland apart are kept. */
const IGNORABLES = /(?!\u200b)\p{Default_Ignorable_Code_Point}(?<!\u{1f3f4}[\u{e0020}-\u{e007f}]{1,6})/gu
/** Separates the parts of a Persian word, as a hyphen does. */
const PERSIAN_NON_JOINER = /(?<=\p{scx=Arab})\u200c/gu
/** Skin tones of emoji. */
const SKIN_TONES = /\p{Emoji_Modifier}/gu
/** Only widens an Arabic word. */
const TATWEEL = /\u0640/g
/** Latin letters that are not another letter with an accent (ł, æ, þ), and digits of any script. */
const TRANSLITERATED = /[^\P{sc=Latn}a-z]|[^\P{Nd}0-9]/gu

/** Variants of letters in other scripts, each before its letter. */
const LETTER_BY_VARIANT = new Map(
  [
    // Arabic and Persian keyboards have one or the other. The last are final letters of Hebrew.
    ['ٱٲٳ', 'ا'],
    ['ىیېےۍ', 'ي'],
    ['کڪ', 'ك'],
    ['ةۃەہھ', 'ه'],
    ...['ךכ', 'םמ', 'ןנ', 'ףפ', 'ץצ'].map(pair => [...pair]),
    // Cyrillic letters with strokes and hooks, which are no accents in Unicode.
    ['ґғҕ', 'г'],
    ['җ', 'ж'],
    ['ҙ', 'з'],
    ['қҝҟҡ', 'к'],
    ['ңҥ', 'н'],
    ['ө', 'о'],
    ['ҫ', 'с'],
    ['ҭ', 'т'],
    ['ұ', 'ү'],
    ['ҳ', 'х'],
    ['ҷҹ', 'ч']
  ].flatMap(([variants = '', letter = '']) => Array.from(variants, variant => [variant, letter] as const))
)
const VARIANTS = new RegExp(`[${[...LETTER_BY_VARIANT.keys()].join('')}]`, 'g')

/** Most texts are plain ASCII and need no folding but upper case. */
export const isAscii = (text: string) => /^[\0-\x7f]*$/.test(text)

/**
 * Folds a text for comparison: without case, compatibility forms (Unicode Standard Annex 15), accents, strokes and variants
 * of a letter, which people leave out or have no key for.
 */
export function fold(text: string): string {
  if (isAscii(text)) return text.toUpperCase()
  // First to lower case: ß has an upper case form, SS, but ẞ has no other one.
  return decompose(text.toLowerCase())
    .replace(TATWEEL, '')
    .replace(ACCENTS, '$1')
    .replace(TRANSLITERATED, toAscii)
    .replace(VARIANTS, variant => LETTER_BY_VARIANT.get(variant) as string)
    .normalize('NFC')
    .toLowerCase()
    .toUpperCase()
}

const decompose = (text: string) =>
  text
    // Normalization would turn these emoji into punctuation.
    .replaceAll('‼', '❗❗')
    .replaceAll('⁉', '❗❓')
    // People type a lone accent as an apostrophe.
    .replaceAll('´', "'")
    .replace(PERSIAN_NON_JOINER, '-')
    .replace(IGNORABLES, '')
    .replace(SKIN_TONES, '')
    .replace(EXCESS_MARKS, '')
    .normalize('NFKD')
    .slice(0, MAX_FOLDED)

/** The ASCII letters or digit of a character, or the character itself if there are none. */
const toAscii = (letter: string) => anyAscii(letter).replace(/[^a-z\d]/gi, '') || letter
