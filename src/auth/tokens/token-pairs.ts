import type { Config } from '../../config/config.ts'
import type { DeriveKeys } from '../../process/derived-keys.ts'
import { toAcr, toAmr } from '../sessions/authentication.ts'
import type { SessionRow } from '../tables.ts'
import type { User } from '../user.ts'
import { type AccessTokens, toJti } from './access-tokens.ts'
import type { PublicJwk } from './jwk.ts'
import type { RefreshTokens } from './refresh-tokens.ts'

/** Issues and verifies the two kinds of token. */
export interface Tokens {
  readonly access: AccessTokens
  readonly refresh: RefreshTokens
  /** Gives keys for secrets that are no tokens: links and codes. */
  readonly deriveKeys: DeriveKeys
  /** The keys with which others verify access tokens. Empty when a secret signs them. */
  readonly publicKeys: readonly PublicJwk[]
}

/** The result of a sign-in or a refresh. Lifetimes are in seconds from the answer on. */
export interface TokenPair {
  readonly accessToken: string
  readonly tokenType: 'Bearer'
  readonly expiresIn: number
  readonly refreshToken: string
  readonly refreshExpiresIn: number
  readonly user: User
}

/**
 * The moment from which a session cannot be refreshed: its idle expiry or its absolute expiry, whichever is first. For a
 * session that began while the clock was ahead, the absolute expiry stays as far ahead as the clock was: correcting it could
 * sign out the user, and the first refresh after the clock is right sets a normal idle expiry.
 */
export const getSessionExpiry = ({ idleExpiresAt, absoluteExpiresAt }: SessionRow) =>
  new Date(Math.min(idleExpiresAt.getTime(), absoluteExpiresAt.getTime()))

/** The idle expiry of a session that is used now. */
export const calculateIdleExpiry = (now: Date, { session }: Config) =>
  new Date(now.getTime() + session.idleMs)

const toNumericDate = (date: Date) => Math.floor(date.getTime() / 1000)

/**
 * Creates the function that issues the token pair of a session's present generation. Only this pair works. For the same
 * session row it always issues the same tokens, with the remaining lifetimes.
 */
export function createTokenPairIssuer(tokens: Tokens, config: Config) {
  return function issueTokenPair(session: SessionRow, user: User, now: Date): TokenPair {
    const { id, generation, rotatedAt } = session
    const iat = toNumericDate(rotatedAt)
    // No access token outlives its session (OWASP ASVS 7.3.2).
    const exp = Math.min(iat + config.accessToken.lifetimeSeconds, toNumericDate(getSessionExpiry(session)))
    return {
      accessToken: tokens.access.sign({
        sub: user.id,
        email: user.email,
        email_verified: user.emailVerified,
        sid: id,
        jti: toJti(id, generation),
        ...(session.authenticatedAt && { auth_time: toNumericDate(session.authenticatedAt) }),
        ...(session.authenticationMethods && { amr: toAmr(session.authenticationMethods) }),
        acr: toAcr(session.assuranceLevel),
        iat,
        exp
      }),
      tokenType: 'Bearer',
      expiresIn: Math.min(Math.max(0, exp - toNumericDate(now)), exp - iat),
      refreshToken: tokens.refresh.issue({ sessionId: id, generation }),
      refreshExpiresIn: Math.floor((getSessionExpiry(session).getTime() - now.getTime()) / 1000),
      user
    }
  }
}
