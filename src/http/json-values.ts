import { MAX_VALUES } from '../config/limits.ts'

export const TOO_MANY_VALUES = `holds more than ${MAX_VALUES} values, names of members among them; send less at a time`

const [QUOTE, BACKSLASH] = [0x22, 0x5c]
/** The characters in front of every value but the first. */
const BEFORE_VALUES = new Set(Array.from(',:[{', character => character.charCodeAt(0)))

/** Whether a JSON text has more than `MAX_VALUES` values. The text is not parsed, and may be malformed. */
export function hasTooManyValues(json: string): boolean {
  let values = 1
  for (let index = 0; index < json.length; index += 1) {
    const code = json.charCodeAt(index)
    if (code === QUOTE) index = findStringEnd(json, index)
    else if (BEFORE_VALUES.has(code)) values += 1
    if (values > MAX_VALUES) return true
  }
  return false
}

/** The index of the quote that ends the string which begins at `start`. */
function findStringEnd(json: string, start: number): number {
  for (let index = json.indexOf('"', start + 1); index >= 0; index = json.indexOf('"', index + 1))
    if (!isEscaped(json, index)) return index
  return json.length
}

function isEscaped(json: string, index: number): boolean {
  let start = index
  while (json.charCodeAt(start - 1) === BACKSLASH) start -= 1
  return (index - start) % 2 === 1
}
