/**
 * The one form of a password, however the keyboard sent it: RFC 8265's OpaqueString, in which all spaces are U+0020 and
 * what is canonically equal is equal (NFC). NIST SP 800-63B-4 suggests NFKC or NFKD, which would make one password of `²`
 * and `2` and so weaken what was typed on purpose. Unlike OpaqueString it refuses no characters.
 */
export const normalizePassword = (password: string): string =>
  password.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC')

/**
 * The texts that may have been hashed for a password: its one form, and those that a keyboard may have sent before there
 * was one.
 */
export const toAcceptedForms = (password: string): ReadonlySet<string> =>
  new Set([normalizePassword(password), password, password.normalize('NFD')])

/** What stands on the keys of a Russian keyboard, and of an American one. */
const CYRILLIC_KEYS = 'йцукенгшщзхъфывапролджэячсмитьбюё'
const LATIN_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
const latinKeyByLetter = new Map(
  Array.from(CYRILLIC_KEYS, (letter, index) => [letter, LATIN_KEYS.charAt(index)] as const).flatMap(
    ([letter, key]) => [
      [letter, key],
      [letter.toUpperCase(), key.toUpperCase()]
    ]
  )
)

/** The same keys pressed on an American keyboard: lists of common passwords have those of Russian speakers in this form. */
export const toLatinKeys = (password: string): string =>
  password
    .normalize('NFC')
    .replaceAll(/\p{Script=Cyrillic}/gu, letter => latinKeyByLetter.get(letter) ?? letter)

/** Without accents, full widths and invisible characters, which guessers leave out. */
export const toBaseLetters = (password: string): string =>
  password
    .normalize('NFKD')
    .replaceAll(/[\p{M}\p{Cf}]/gu, '')
    .normalize('NFKC')
