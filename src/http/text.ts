/**
 * A visible character: no white space, control or format character, no mark alone, and no character that is drawn as nothing,
 * such as the braille blank (U+2800) and the object replacement character (U+FFFC).
 */
const VISIBLE =
  /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\p{Cc}\p{Cf}\p{Cs}\p{Mn}\p{Me}\u2800\ufffc\u{1d159}]/u
/** Control characters except tabs and line breaks; lone surrogates, which UTF-8 cannot encode. */
const FORBIDDEN_IN_TEXT = /[^\P{Cc}\t\n\r]|\p{Cs}/u
/** All control characters, line breaks and lone surrogates. */
const FORBIDDEN_IN_LINE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u
const LINE_BREAK = /[\n\r\p{Zl}\p{Zp}]/u

/** Finds a forbidden character in a text of several lines. @returns the fault, or undefined */
export const findTextFault = (text: string): string | undefined => describeMatch(FORBIDDEN_IN_TEXT.exec(text))

/**
 * Finds what is wrong with a single line, which must be visible. Surrounding white space does not count.
 * @returns the fault, or undefined
 */
export function findLineFault(text: string): string | undefined {
  const line = text.trim()
  // The schema says whether a line may be empty.
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
