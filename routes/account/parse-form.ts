import { parse } from 'node:querystring'
import { Problem } from '../../src/problems/problem.ts'

const ASCII_ONLY = /^\p{ASCII}*$/u

/**
 * Parses a form (`application/x-www-form-urlencoded`). A field that was sent twice becomes a list, which no schema takes. A
 * text with an escape that is not UTF-8 is refused rather than repaired, since a password must arrive as it was typed.
 * @throws {Problem} `malformed_request`
 */
export function parseForm(text: string): Record<string, unknown> {
  if (!isWellEscaped(text)) throw new Problem('malformed_request')
  return parse(text, '&', '=', { maxKeys: 0 })
}

function isWellEscaped(text: string): boolean {
  try {
    return ASCII_ONLY.test(text) && decodeURIComponent(text) !== undefined
  } catch {
    return false
  }
}
