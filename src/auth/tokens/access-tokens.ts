import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { Clock } from '../../db/store.ts'
import { Problem } from '../../problems/problem.ts'
import type { SessionRow } from '../tables.ts'

const UUID_PATTERN = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
/** The last second of the year 9999, which every library can read. */
const MAX_NUMERIC_DATE = 253_402_300_799
const UuidClaim = Type.String({ pattern: `^${UUID_PATTERN}$` })
const NumericDate = Type.Integer({ minimum: 0, maximum: MAX_NUMERIC_DATE })

/**
 * The claims of an access token, a JWT of the type `at+jwt` (RFC 9068, section 2.2). Times are in seconds. There may be
 * others, of a later version of this service. The library sees to whether issuer and audience are the right ones.
 */
const ClaimsSchema = Type.Object({
  /** The user's id. */
  sub: UuidClaim,
  email: Type.String(),
  /** The session's id. */
  sid: UuidClaim,
  /** `<session id>.<generation>`: names the refresh token that this access token came with. */
  jti: Type.String({ pattern: `^${UUID_PATTERN}\\.[1-9]\\d{0,9}$` }),
  /** Which program the token was given to: for us all are one. */
  client_id: Type.Optional(Type.String()),
  iss: Type.Optional(Type.String()),
  aud: Type.Optional(Type.String()),
  iat: NumericDate,
  nbf: Type.Optional(NumericDate),
  exp: NumericDate
})
export type AccessTokenClaims = Readonly<Static<typeof ClaimsSchema>>

const claimsValidator = TypeCompiler.Compile(ClaimsSchema)

/** Whether claims are of the types that they must have, and agree with each other. A signature says nothing of that. */
const areValidClaims = (value: unknown, now: Date): value is AccessTokenClaims =>
  claimsValidator.Check(value) &&
  value.jti.startsWith(`${value.sid}.`) &&
  value.iat <= value.exp &&
  (value.nbf ?? 0) * 1000 <= now.getTime()

/** Signs claims with a key, and checks everything about a token but its lifetime: the work of a JWT library. */
export interface JwtSigner {
  readonly sign: (claims: AccessTokenClaims) => string
  /** @returns what was signed, expired or not; undefined when the token was not issued by this service */
  readonly verifyIgnoringExpiration: (token: string) => unknown
}

export interface AccessTokens extends Pick<JwtSigner, 'sign'> {
  /** @returns the claims, expired or not; undefined when the token was not issued by this service */
  readonly verifyIgnoringExpiration: (token: string) => AccessTokenClaims | undefined
  /** @throws {Problem} `access_token_invalid` or `access_token_expired` */
  readonly verify: (token: string) => AccessTokenClaims
}

/** The most tokens to remember, some hundred bytes each. */
const MAX_CACHED_TOKENS = 10_000

/** `jti` of the access token that belongs to a generation of a session. */
export const toJti = (sessionId: string, generation: number) => `${sessionId}.${generation}`

/** The generation of its session that an access token belongs to. */
export const getGeneration = ({ sid, jti }: AccessTokenClaims) => Number(jti.slice(sid.length + 1))

type SessionState = Pick<SessionRow, 'userId' | 'generation' | 'minAccessGeneration'>

/** Whether a token is of the session that it names: the user is, and it has come to that generation. */
export const belongsToSession = (claims: AccessTokenClaims, { userId, generation }: SessionState): boolean =>
  claims.sub === userId && getGeneration(claims) <= generation

/** Whether a token of a session is of no use any more, whatever time it has left: stale, or exchanged for the next one. */
export const isSuperseded = (
  claims: AccessTokenClaims,
  { generation, minAccessGeneration }: SessionState
): boolean => getGeneration(claims) < Math.max(generation, minAccessGeneration)

/** @throws {Problem} `access_token_invalid` for a token that is not of the session that it names */
export function assertBelongsToSession(claims: AccessTokenClaims, session: SessionState): void {
  if (!belongsToSession(claims, session)) throw new Problem('access_token_invalid')
}

/** Seconds until the token expires, "on or after" the time in `exp` (RFC 7519, section 4.1.4), with no leeway. */
export const secondsUntilExpiry = ({ exp }: AccessTokenClaims, now: Date) =>
  Math.ceil(exp - now.getTime() / 1000)

/**
 * Access tokens whose lifetime is measured by the given clock, whatever clock the signers' library reads.
 * @param signers one for each key: the first signs, all verify
 */
export function createAccessTokens(signers: readonly [JwtSigner, ...JwtSigner[]], now: Clock): AccessTokens {
  function verifyIgnoringExpiration(token: string) {
    for (const signer of signers) {
      const claims = signer.verifyIgnoringExpiration(token)
      if (claims !== undefined) return areValidClaims(claims, now()) ? claims : undefined
    }
    return undefined
  }

  // A token that was ours to the last character is so again: only its lifetime is measured each time.
  const cache = new Map<string, AccessTokenClaims>()

  function addToCache(token: string, claims: AccessTokenClaims) {
    if (cache.size >= MAX_CACHED_TOKENS) cache.clear()
    cache.set(token, claims)
  }

  return {
    sign: signers[0].sign,
    verifyIgnoringExpiration,
    verify(token) {
      const cached = cache.get(token)
      const claims = cached ?? verifyIgnoringExpiration(token)
      if (!claims) throw new Problem('access_token_invalid')
      if (secondsUntilExpiry(claims, now()) <= 0) {
        cache.delete(token)
        throw new Problem('access_token_expired')
      }
      if (!cached) addToCache(token, claims)
      return claims
    }
  }
}
