/**
 * The one form of a password, however the keyboard sent it: RFC 8265's OpaqueString, in which all spaces are U+0020 and
 * what is canonically equal is equal (NFC). NIST SP 800-63B-4 suggests NFKC or NFKD, which would make one password of `²`
 * and `2` and so weaken what was typed on purpose. Unlike OpaqueString it refuses no characters.
 */
export const opaque = (password: string): string => password.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC')

/**
 * The texts that may have been hashed for a password: its one form, and those that a keyboard may have sent before there
 * was one.
 */
export const formsOf = (password: string): ReadonlySet<string> =>
  new Set([opaque(password), password, password.normalize('NFD')])

/** What stands on the keys of a Russian keyboard, and of an American one. */
const CYRILLIC = 'йцукенгшщзхъфывапролджэячсмитьбюё'
const LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
const latinKeys = new Map(
  Array.from(CYRILLIC, (letter, index) => [letter, LATIN.charAt(index)] as const).flatMap(([letter, key]) => [
    [letter, key],
    [letter.toUpperCase(), key.toUpperCase()]
  ])
)

/** The same keys pressed on an American keyboard: lists of common passwords have those of Russian speakers in this form. */
export const latinKeysOf = (password: string): string =>
  password.normalize('NFC').replaceAll(/\p{Script=Cyrillic}/gu, letter => latinKeys.get(letter) ?? letter)

/** Without accents, full widths and invisible characters, which guessers leave out. */
export const baseLettersOf = (password: string): string =>
  password
    .normalize('NFKD')
    .replaceAll(/[\p{M}\p{Cf}]/gu, '')
    .normalize('NFKC')
