import type { Clock } from '../db/store.ts'
import { Problem } from '../errors.ts'

/** The claims of an access token, a JWT of the type `at+jwt` (RFC 9068, section 2.2). Times are in seconds. */
export interface AccessClaims {
  /** The user's id. */
  readonly sub: string
  readonly email: string
  /** The session's id. */
  readonly sid: string
  /** `<session id>.<generation>`: names the refresh token that this access token came with. */
  readonly jti: string
  readonly iat: number
  readonly exp: number
}

/** Signs claims with a key, and checks everything about a token but its lifetime: the work of a JWT library. */
export interface Signer {
  readonly sign: (claims: AccessClaims) => string
  /** @returns the claims, expired or not; undefined when the token was not issued by this service */
  readonly open: (token: string) => AccessClaims | undefined
}

export interface AccessTokens extends Signer {
  /** @throws {Problem} `access_token_invalid` or `access_token_expired` */
  readonly verify: (token: string) => AccessClaims
}

/** The most tokens to remember, some hundred bytes each. */
const MOST = 10_000

/** `jti` of the access token that belongs to a generation of a session. */
export const jtiOf = (sessionId: string, generation: number) => `${sessionId}.${generation}`

/** The generation of its session that an access token belongs to. */
export const generationOf = ({ sid, jti }: AccessClaims) => Number(jti.slice(sid.length + 1))

/** Seconds until the token expires, "on or after" the time in `exp` (RFC 7519, section 4.1.4), with no leeway. */
export const secondsLeft = ({ exp }: AccessClaims, now: Date) => Math.ceil(exp - now.getTime() / 1000)

/**
 * Access tokens whose lifetime is measured by the given clock, whatever clock the signers' library reads.
 * @param signers one for each key: the first signs, all verify
 */
export function accessTokensOf(signers: readonly [Signer, ...Signer[]], now: Clock): AccessTokens {
  function open(token: string) {
    for (const signer of signers) {
      const claims = signer.open(token)
      if (claims) return claims
    }
    return undefined
  }

  // A token that was ours to the last character is so again: only its lifetime is measured each time.
  const live = new Map<string, AccessClaims>()

  function remember(token: string, claims: AccessClaims) {
    if (live.size >= MOST) live.clear()
    live.set(token, claims)
  }

  return {
    sign: signers[0].sign,
    open,
    verify(token) {
      const known = live.get(token)
      const claims = known ?? open(token)
      if (!claims) throw new Problem('access_token_invalid')
      if (secondsLeft(claims, now()) <= 0) {
        live.delete(token)
        throw new Problem('access_token_expired')
      }
      if (!known) remember(token, claims)
      return claims
    }
  }
}
