import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { SessionRow } from '../db/schema.ts'
import type { Clock } from '../db/store.ts'
import { Problem } from '../errors.ts'

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
/** The last second of the year 9999, which every library can read. */
const LAST_SECOND = 253_402_300_799
const Id = Type.String({ pattern: `^${UUID}$` })
const Seconds = Type.Integer({ minimum: 0, maximum: LAST_SECOND })

/**
 * The claims of an access token, a JWT of the type `at+jwt` (RFC 9068, section 2.2). Times are in seconds. There may be
 * others, of a later version of this service. The library sees to whether issuer and audience are the right ones.
 */
const Claims = Type.Object({
  /** The user's id. */
  sub: Id,
  email: Type.String(),
  /** The session's id. */
  sid: Id,
  /** `<session id>.<generation>`: names the refresh token that this access token came with. */
  jti: Type.String({ pattern: `^${UUID}\\.[1-9]\\d{0,9}$` }),
  /** Which program the token was given to: for us all are one. */
  client_id: Type.Optional(Type.String()),
  iss: Type.Optional(Type.String()),
  aud: Type.Optional(Type.String()),
  iat: Seconds,
  nbf: Type.Optional(Seconds),
  exp: Seconds
})
export type AccessClaims = Readonly<Static<typeof Claims>>

const claims = TypeCompiler.Compile(Claims)

/** Whether claims are of the types that they must have, and agree with each other. A signature says nothing of that. */
const areOurs = (value: unknown, now: Date): value is AccessClaims =>
  claims.Check(value) &&
  value.jti.startsWith(`${value.sid}.`) &&
  value.iat <= value.exp &&
  (value.nbf ?? 0) * 1000 <= now.getTime()

/** Signs claims with a key, and checks everything about a token but its lifetime: the work of a JWT library. */
export interface Signer {
  readonly sign: (claims: AccessClaims) => string
  /** @returns what was signed, expired or not; undefined when the token was not issued by this service */
  readonly open: (token: string) => unknown
}

export interface AccessTokens extends Pick<Signer, 'sign'> {
  /** @returns the claims, expired or not; undefined when the token was not issued by this service */
  readonly open: (token: string) => AccessClaims | undefined
  /** @throws {Problem} `access_token_invalid` or `access_token_expired` */
  readonly verify: (token: string) => AccessClaims
}

/** The most tokens to remember, some hundred bytes each. */
const MOST = 10_000

/** `jti` of the access token that belongs to a generation of a session. */
export const jtiOf = (sessionId: string, generation: number) => `${sessionId}.${generation}`

/** The generation of its session that an access token belongs to. */
export const generationOf = ({ sid, jti }: AccessClaims) => Number(jti.slice(sid.length + 1))

type Session = Pick<SessionRow, 'userId' | 'generation' | 'minAccessGeneration'>

/** Whether a token is of the session that it names: the user is, and it has come to that generation. */
export const isOf = (claims: AccessClaims, { userId, generation }: Session): boolean =>
  claims.sub === userId && generationOf(claims) <= generation

/** Whether a token of a session is of no use any more, whatever time it has left: stale, or exchanged for the next one. */
export const isPast = (claims: AccessClaims, { generation, minAccessGeneration }: Session): boolean =>
  generationOf(claims) < Math.max(generation, minAccessGeneration)

/** @throws {Problem} `access_token_invalid` for a token that is not of the session that it names */
export function assertIsOf(claims: AccessClaims, session: Session): void {
  if (!isOf(claims, session)) throw new Problem('access_token_invalid')
}

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
      if (claims !== undefined) return areOurs(claims, now()) ? claims : undefined
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
