import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { UUID } from 'uuidv7'
import { Problem } from '../../problems/problem.ts'
import type { DerivedKeys } from '../../process/derived-keys.ts'

/** Lets people and secret scanners recognize a token. */
const TOKEN_PREFIX = 'lkr_'
const SESSION_ID_BYTES = 16
const GENERATION_BYTES = 4
/** The greatest integer of the database. */
const MAX_GENERATION = 2 ** 31 - 1

/** The content of a refresh token: its session, and how often the session was refreshed before. */
export interface RefreshTokenClaims {
  readonly sessionId: string
  readonly generation: number
}

export interface RefreshTokens {
  readonly issue: (claims: RefreshTokenClaims) => string
  /** @throws {Problem} `refresh_token_invalid` when the token differs in any bit from one that this service issued */
  readonly verify: (token: string) => RefreshTokenClaims
}

/**
 * Refresh tokens that need no storage: `lkr_` + base64url(session id ‖ generation ‖ MAC). The MAC is HMAC-SHA-256 (RFC 2104).
 * A forged token is refused without a query (RFC 9700, section 4.14.2), and a stolen database contains no token.
 * @param macKeys derived for this purpose. The first makes, all verify.
 */
export function createRefreshTokens(macKeys: DerivedKeys): RefreshTokens {
  const [currentKey, ...retiredKeys] = macKeys

  return {
    issue: claims => encodeToken(currentKey, claims),
    verify(token) {
      const claims = decodeToken(token)
      const hasMacOf = (key: KeyObject) =>
        claims !== undefined && equalsInConstantTime(token, encodeToken(key, claims))
      if (claims && [currentKey, ...retiredKeys].some(hasMacOf)) return claims
      throw new Problem('refresh_token_invalid')
    }
  }
}

function encodeToken(key: KeyObject, { sessionId, generation }: RefreshTokenClaims): string {
  const payload = Buffer.alloc(SESSION_ID_BYTES + GENERATION_BYTES)
  payload.set(UUID.parse(sessionId).bytes)
  payload.writeUInt32BE(generation, SESSION_ID_BYTES)
  const mac = createHmac('sha256', key).update(payload).digest()
  return TOKEN_PREFIX + Buffer.concat([payload, mac]).toString('base64url')
}

function decodeToken(token: string): RefreshTokenClaims | undefined {
  const bytes = Buffer.from(token.slice(TOKEN_PREFIX.length), 'base64url')
  if (bytes.length < SESSION_ID_BYTES + GENERATION_BYTES) return undefined
  const generation = bytes.readUInt32BE(SESSION_ID_BYTES)
  if (generation > MAX_GENERATION) return undefined
  return { sessionId: UUID.ofInner(bytes.subarray(0, SESSION_ID_BYTES)).toString(), generation }
}

// Compares the texts, since base64url has spare bits that decoding ignores.
function equalsInConstantTime(token: string, expected: string): boolean {
  const [a, b] = [Buffer.from(token), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
