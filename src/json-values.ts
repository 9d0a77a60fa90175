import { MAX_VALUES } from './limits.ts'

export const TOO_MANY_VALUES = `holds more than ${MAX_VALUES} values, names of members among them; send less at a time`

const [QUOTE, BACKSLASH] = [0x22, 0x5c]
/** What comes before every value but the first. */
const BEFORE_VALUES = new Set(Array.from(',:[{', character => character.charCodeAt(0)))

/** Whether a JSON text has more values than are looked at. It need not be parsed for that, nor be well formed. */
export function hasTooManyValues(json: string): boolean {
  let values = 1
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at)
    if (code === QUOTE) at = endOfString(json, at)
    else if (BEFORE_VALUES.has(code)) values += 1
    if (values > MAX_VALUES) return true
  }
  return false
}

/** Where the text ends that begins with a quote. */
function endOfString(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at >= 0; at = json.indexOf('"', at + 1))
    if (!isEscaped(json, at)) return at
  return json.length
}

function isEscaped(json: string, at: number): boolean {
  let before = at
  while (json.charCodeAt(before - 1) === BACKSLASH) before -= 1
  return (at - before) % 2 === 1
}
