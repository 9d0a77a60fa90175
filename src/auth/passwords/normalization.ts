/**
 * The form of a password that is hashed, whatever bytes the keyboard sent: the OpaqueString profile of RFC 8265, in which
 * all spaces are U+0020 and canonically equal texts are equal (NFC). NIST SP 800-63B-4 suggests NFKC or NFKD, which would
 * also make `²` and `2` equal and so weaken passwords. Unlike OpaqueString, this form allows all characters.
 */
export const normalizePassword = (password: string): string =>
  password.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC')

/**
 * The texts that may have been hashed for a password: the normalized form, and the forms that a keyboard may have sent before
 * passwords were normalized.
 */
export const toAcceptedForms = (password: string): ReadonlySet<string> =>
  new Set([normalizePassword(password), password, password.normalize('NFD')])

/** The letters on the keys of a Russian keyboard, and those on the same keys of an American one. */
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

/** The text that the same keys give on an American keyboard. Lists of common passwords have Russian ones in this form. */
export const toLatinKeys = (password: string): string =>
  password
    .normalize('NFC')
    .replaceAll(/\p{Script=Cyrillic}/gu, letter => latinKeyByLetter.get(letter) ?? letter)

/** The text without accents, full widths and invisible characters, which guessers leave out. */
export const toBaseLetters = (password: string): string =>
  password
    .normalize('NFKD')
    .replaceAll(/[\p{M}\p{Cf}]/gu, '')
    .normalize('NFKC')
