import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../db/store.ts'
import { Problem } from '../../problems/problem.ts'
import type { SessionRow } from '../tables.ts'

const UUID_PATTERN = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
/** The last second of the year 9999, which every library can represent. */
const MAX_NUMERIC_DATE = 253_402_300_799
const UuidClaim = Type.String({ pattern: `^${UUID_PATTERN}$` })
const NumericDate = Type.Integer({ minimum: 0, maximum: MAX_NUMERIC_DATE })

/**
 * The claims of an access token, a JWT of the type `at+jwt` (RFC 9068, section 2.2). Times are in seconds. A later version of
 * this service may add claims. The JWT library checks the values of issuer and audience.
 */
const ClaimsSchema = Type.Object({
  /** The user's id. */
  sub: UuidClaim,
  email: Type.String(),
  email_verified: Type.Optional(Type.Boolean()),
  /** The session's id. */
  sid: UuidClaim,
  /** `<session id>.<generation>`: identifies the refresh token that was issued with this access token. */
  jti: Type.String({ pattern: `^${UUID_PATTERN}\\.[1-9]\\d{0,9}$` }),
  /** The program that the token was issued to. This service has one value for all programs. */
  client_id: Type.Optional(Type.String()),
  /** When and how the user last signed in or authenticated again (RFC 9068, section 2.2.1). */
  auth_time: Type.Optional(NumericDate),
  amr: Type.Optional(Type.Array(Type.String())),
  acr: Type.Optional(Type.String()),
  iss: Type.Optional(Type.String()),
  aud: Type.Optional(Type.String()),
  iat: NumericDate,
  nbf: Type.Optional(NumericDate),
  exp: NumericDate
})
export type AccessTokenClaims = Readonly<Static<typeof ClaimsSchema>>

const claimsValidator = TypeCompiler.Compile(ClaimsSchema)

/** Whether the claims have the right types and agree with each other. A valid signature does not ensure that. */
const areValidClaims = (value: unknown, now: Date): value is AccessTokenClaims =>
  claimsValidator.Check(value) &&
  value.jti.startsWith(`${value.sid}.`) &&
  value.iat <= value.exp &&
  (value.nbf ?? 0) * 1000 <= now.getTime()

/** Signs claims with one key, and verifies everything of a token but its lifetime. A JWT library does the work. */
export interface JwtSigner {
  readonly sign: (claims: AccessTokenClaims) => string
  /** @returns the payload, expired or not; undefined when the token was not issued by this service */
  readonly verifyIgnoringExpiration: (token: string) => unknown
}

export interface AccessTokens extends Pick<JwtSigner, 'sign'> {
  /** @returns the claims, expired or not; undefined when the token was not issued by this service */
  readonly verifyIgnoringExpiration: (token: string) => AccessTokenClaims | undefined
  /** @throws {Problem} `access_token_invalid` or `access_token_expired` */
  readonly verify: (token: string) => AccessTokenClaims
  /** Checks once more whether a verified token is live. @throws {Problem} `access_token_expired` */
  readonly assertUnexpired: (claims: AccessTokenClaims) => void
}

/** The most verified tokens that are cached, some hundred bytes each. */
const MAX_CACHED_TOKENS = 10_000

/** `jti` of the access token that belongs to a generation of a session. */
export const toJti = (sessionId: string, generation: number) => `${sessionId}.${generation}`

/** The generation of its session that an access token belongs to. */
export const getGeneration = ({ sid, jti }: AccessTokenClaims) => Number(jti.slice(sid.length + 1))

/** What decides which tokens of a session are good. */
export type SessionState = Pick<SessionRow, 'userId' | 'generation' | 'minAccessGeneration'>

/** Whether a token belongs to the session that it names: user and session match, and the session has reached its generation. */
export const belongsToSession = (claims: AccessTokenClaims, { userId, generation }: SessionState): boolean =>
  claims.sub === userId && getGeneration(claims) <= generation

/** Whether a token no longer works although it may not have expired: it is stale, or was exchanged for the next token. */
export const isSuperseded = (
  claims: AccessTokenClaims,
  { generation, minAccessGeneration }: SessionState
): boolean => getGeneration(claims) < Math.max(generation, minAccessGeneration)

/** @throws {Problem} `access_token_invalid` for a token that does not belong to the session that it names */
export function assertBelongsToSession(claims: AccessTokenClaims, session: SessionState): void {
  if (!belongsToSession(claims, session)) throw new Problem('access_token_invalid')
}

/**
 * Seconds until the token expires, "on or after" the time in `exp` (RFC 7519, section 4.1.4), with no leeway. Never more than
 * the lifetime of the token, and 0 or less once the token has expired.
 *
 * A token that was issued further in the future than its lifetime is long comes from a clock that was ahead. It has expired,
 * since it would otherwise live for as long as the clock was ahead. The refresh that follows gives a normal token. Clocks of
 * instances that differ by less do no harm.
 */
export function secondsUntilExpiry({ iat, exp }: AccessTokenClaims, now: Date): number {
  const seconds = now.getTime() / 1000
  const lifetime = exp - iat
  return iat - seconds > lifetime ? 0 : Math.min(lifetime, Math.ceil(exp - seconds))
}

/**
 * Issues and verifies access tokens. Lifetimes are measured by the given clock, whatever clock the JWT library reads.
 * @param signers one for each key. The first signs, all verify.
 */
export function createAccessTokens(signers: readonly [JwtSigner, ...JwtSigner[]], now: Clock): AccessTokens {
  function verifyIgnoringExpiration(token: string) {
    for (const signer of signers) {
      const claims = signer.verifyIgnoringExpiration(token)
      if (claims !== undefined) return areValidClaims(claims, now()) ? claims : undefined
    }
    return undefined
  }

  // Verified tokens by their text: a signature stays valid, only the lifetime is checked each time.
  const cache = new LRUCache<string, AccessTokenClaims>({ max: MAX_CACHED_TOKENS })

  const isExpired = (claims: AccessTokenClaims) => secondsUntilExpiry(claims, now()) <= 0

  return {
    sign: signers[0].sign,
    verifyIgnoringExpiration,
    verify(token) {
      const cached = cache.get(token)
      const claims = cached ?? verifyIgnoringExpiration(token)
      if (!claims) throw new Problem('access_token_invalid')
      if (isExpired(claims)) {
        cache.delete(token)
        throw new Problem('access_token_expired')
      }
      if (!cached) cache.set(token, claims)
      return claims
    },
    assertUnexpired(claims) {
      if (isExpired(claims)) throw new Problem('access_token_expired')
    }
  }
}
