import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'
import { UUID } from 'uuidv7'
import { Problem } from '../errors.ts'
import type { Seed } from './signing-keys.ts'

/** Tells people and secret scanners what they have found. */
const PREFIX = 'lkr_'
const SESSION_BYTES = 16
const GENERATION_BYTES = 4
/** The highest that a database counts to. */
const LAST_GENERATION = 2 ** 31 - 1

/** What a refresh token says: which session it continues, and how often that was refreshed before. */
export interface RefreshClaims {
  readonly sessionId: string
  readonly generation: number
}

export interface RefreshTokens {
  readonly issue: (claims: RefreshClaims) => string
  /** @throws {Problem} `refresh_token_invalid` when the token is not one of ours, to the bit */
  readonly open: (token: string) => RefreshClaims
}

/**
 * Refresh tokens that need no storage: `lkr_` + base64url(session id ‖ generation ‖ MAC), the MAC being HMAC-SHA-256
 * (RFC 2104). A forged one is refused without a query (RFC 9700, section 4.14.2), and a stolen database holds none.
 * @param seeds what is secret of each signing key: the first signs, all verify; each yields a MAC key of its own by HKDF
 *   (RFC 5869), so that no token of another purpose can pass for a refresh token
 */
export function refreshTokensOf(seeds: readonly [Seed, ...Seed[]]): RefreshTokens {
  const [signingKey, ...retiredKeys] = seeds.map(deriveKey) as [KeyObject, ...KeyObject[]]

  return {
    issue: claims => encode(signingKey, claims),
    open(token) {
      const claims = decode(token)
      const isOurs = (key: KeyObject) => claims !== undefined && equals(token, encode(key, claims))
      if (claims && [signingKey, ...retiredKeys].some(isOurs)) return claims
      throw new Problem('refresh_token_invalid')
    }
  }
}

// As an object: from bytes, Node makes one for each MAC anew, which takes five times as long as the MAC.
const deriveKey = (seed: Seed) =>
  createSecretKey(Buffer.from(hkdfSync('sha256', seed, '', 'latchkey refresh token', 32)))

function encode(key: KeyObject, { sessionId, generation }: RefreshClaims): string {
  const claims = Buffer.alloc(SESSION_BYTES + GENERATION_BYTES)
  claims.set(UUID.parse(sessionId).bytes)
  claims.writeUInt32BE(generation, SESSION_BYTES)
  const mac = createHmac('sha256', key).update(claims).digest()
  return PREFIX + Buffer.concat([claims, mac]).toString('base64url')
}

function decode(token: string): RefreshClaims | undefined {
  const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url')
  if (bytes.length < SESSION_BYTES + GENERATION_BYTES) return undefined
  const generation = bytes.readUInt32BE(SESSION_BYTES)
  if (generation > LAST_GENERATION) return undefined
  return { sessionId: UUID.ofInner(bytes.subarray(0, SESSION_BYTES)).toString(), generation }
}

// The whole text is compared, since base64url has spare bits that decoding ignores.
function equals(token: string, expected: string): boolean {
  const [a, b] = [Buffer.from(token), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
