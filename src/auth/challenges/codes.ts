import { createHmac, type KeyObject } from 'node:crypto'
import type { DeriveKeys } from '../../process/derived-keys.ts'

const DIGITS = 6

/** Makes and checks the codes of challenges. */
export interface Codes {
  readonly derive: (challengeId: string) => string
  readonly verify: (challengeId: string, code: string) => boolean
}

/**
 * Codes that need no storage: six digits of an HMAC-SHA-256 of the challenge's id, truncated as HOTP does (RFC 4226, section
 * 5.3). Guessing is bounded by the tries that a challenge has.
 */
export function createCodes(deriveKeys: DeriveKeys): Codes {
  const keys = deriveKeys('e-mail code')
  return {
    derive: challengeId => toCode(keys[0], challengeId),
    verify: (challengeId, code) => keys.some(key => toCode(key, challengeId) === code)
  }
}

function toCode(key: KeyObject, challengeId: string): string {
  const mac = createHmac('sha256', key).update(challengeId).digest()
  const offset = mac.readUInt8(mac.length - 1) & 0xf
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0')
}
