/**
 * What can be seen of a text: neither space nor a control or format character, no mark without a letter, and nothing that is
 * drawn as nothing, among which are the blank of braille and the place of a picture that is missing.
 */
const VISIBLE =
  /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\p{Cc}\p{Cf}\p{Cs}\p{Mn}\p{Me}\u2800\ufffc\u{1d159}]/u
/** Control characters but tabs and line breaks, and halves of characters, which UTF-8 does not have. */
const FORBIDDEN_IN_TEXT = /[^\P{Cc}\t\n\r]|\p{Cs}/u
/** The same, with tabs and line breaks. */
const FORBIDDEN_IN_LINE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u
const LINE_BREAK = /[\n\r\p{Zl}\p{Zp}]/u

/** What is wrong with a text, which may have lines and tabs but no other control character; undefined when nothing is. */
export const findTextFault = (text: string): string | undefined => describeMatch(FORBIDDEN_IN_TEXT.exec(text))

/** What is wrong with a text that is one line which people can see. White space around it does not count. */
export function findLineFault(text: string): string | undefined {
  const line = text.trim()
  // How long it must be is said elsewhere.
  const isVisible = line === '' || VISIBLE.test(line)
  return (
    describeMatch(FORBIDDEN_IN_LINE.exec(line)) ??
    (isVisible ? undefined : 'has no visible character; give at least one')
  )
}

function describeMatch(match: RegExpExecArray | null): string | undefined {
  if (!match) return undefined
  const [character] = match
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  return `contains ${describeCharacter(character)}, U+${code}; remove it`
}

function describeCharacter(character: string): string {
  if (!character.isWellFormed()) return 'half of a character'
  return LINE_BREAK.test(character) ? 'a line break' : 'a control character'
}
