import anyAscii from 'any-ascii'

/** The most that is folded of a text, in UTF-16 code units: some characters are written out as eighteen. */
const MAX_FOLDED = 65_536

/** Accents, and vowels that are written as marks, of scripts in which people leave them out. */
const ACCENTS = /([\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Arab}\p{sc=Hebr}])\p{Mn}+/gu
/** Marks on one letter beyond those that any text has (Unicode Standard Annex 15, section 13); to order more takes long. */
const EXCESS_MARKS = /(?<=\p{M}{30})\p{M}+/gu
/**
 * Says how a letter is shown, or where a word may be broken; it is no letter of its own. But it is what tells the flags of
 * England and Scotland apart.
 */
const IGNORABLES = /(?!\u200b)\p{Default_Ignorable_Code_Point}(?<!\u{1f3f4}[\u{e0020}-\u{e007f}]{1,6})/gu
/** Parts a Persian word as a hyphen does. */
const PERSIAN_NON_JOINER = /(?<=\p{scx=Arab})\u200c/gu
/** Colours of skin. */
const SKIN_TONES = /\p{Emoji_Modifier}/gu
/** Makes an Arabic word wider. */
const TATWEEL = /\u0640/g
/** Latin letters that are no others with accents (ł, æ, þ), and digits of any script. */
const TRANSLITERATED = /[^\P{sc=Latn}a-z]|[^\P{Nd}0-9]/gu

/** Forms of one letter in other scripts, each before that letter. */
const LETTER_BY_VARIANT = new Map(
  [
    // Arabic and Persian, of which keyboards have one or the other; final ones of Hebrew.
    ['ٱٲٳ', 'ا'],
    ['ىیېےۍ', 'ي'],
    ['کڪ', 'ك'],
    ['ةۃەہھ', 'ه'],
    ...['ךכ', 'םמ', 'ןנ', 'ףפ', 'ץצ'].map(pair => [...pair]),
    // Cyrillic, with strokes and the like that Unicode takes for no accents.
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

/** What needs none of the above: plain ASCII is most of what is written. */
export const isAscii = (text: string) => /^[\0-\x7f]*$/.test(text)

/**
 * A text without regard to case, compatibility forms (Unicode Standard Annex 15), accents, strokes and other forms of one
 * letter: what people leave out, or have no key for.
 */
export function fold(text: string): string {
  if (isAscii(text)) return text.toUpperCase()
  // By way of the small letters: ẞ has no other great one, but ß has.
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
    // These emoji are punctuation to Unicode, and would become that.
    .replaceAll('‼', '❗❗')
    .replaceAll('⁉', '❗❓')
    // An accent by itself is taken for an apostrophe, which it is where people type it.
    .replaceAll('´', "'")
    .replace(PERSIAN_NON_JOINER, '-')
    .replace(IGNORABLES, '')
    .replace(SKIN_TONES, '')
    .replace(EXCESS_MARKS, '')
    .normalize('NFKD')
    .slice(0, MAX_FOLDED)

/** The letters or the digit that stand for one in ASCII, or itself where there are none. */
const toAscii = (letter: string) => anyAscii(letter).replace(/[^a-z\d]/gi, '') || letter
