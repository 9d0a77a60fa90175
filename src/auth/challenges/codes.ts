import { createHmac, type KeyObject } from 'node:crypto'
import type { DeriveKeys } from '../../process/derived-keys.ts'
import { toOneTimeCode } from '../one-time-codes.ts'

/** Makes and checks the codes of challenges. */
export interface Codes {
  readonly derive: (challengeId: string) => string
  readonly verify: (challengeId: string, code: string) => boolean
}

/**
 * Codes that need no storage: six digits of an HMAC-SHA-256 of the challenge's id. Guessing is bounded by the tries that a
 * challenge has.
 */
export function createCodes(deriveKeys: DeriveKeys): Codes {
  const keys = deriveKeys('e-mail code')
  return {
    derive: challengeId => toCode(keys[0], challengeId),
    verify: (challengeId, code) => keys.some(key => toCode(key, challengeId) === code)
  }
}

const toCode = (key: KeyObject, challengeId: string): string =>
  toOneTimeCode(createHmac('sha256', key).update(challengeId).digest())
