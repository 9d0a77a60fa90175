import type { Config } from '../../config/config.ts'
import type { SessionRow } from '../tables.ts'
import type { User } from '../user.ts'
import { type AccessTokens, toJti } from './access-tokens.ts'
import type { PublicJwk } from './jwk.ts'
import type { RefreshTokens } from './refresh-tokens.ts'

/** The two kinds of token: how they are made and how they are checked, by us and by others. */
export interface Tokens {
  readonly access: AccessTokens
  readonly refresh: RefreshTokens
  /** What others check access tokens with; nothing when a secret signs them. */
  readonly publicKeys: readonly PublicJwk[]
}

/** What a sign-in or a refresh gives. Lifetimes are in seconds, counted from the answer. */
export interface TokenPair {
  readonly accessToken: string
  readonly tokenType: 'Bearer'
  readonly expiresIn: number
  readonly refreshToken: string
  readonly refreshExpiresIn: number
  readonly user: User
}

/** The moment from which a session can no longer be refreshed: idle for too long, or at its absolute end. */
export const getSessionExpiry = ({ idleExpiresAt, absoluteExpiresAt }: SessionRow) =>
  new Date(Math.min(idleExpiresAt.getTime(), absoluteExpiresAt.getTime()))

/** Each refresh moves the idle expiry on. */
export const calculateIdleExpiry = (now: Date, { REFRESH_TOKEN_TTL }: Config) =>
  new Date(now.getTime() + REFRESH_TOKEN_TTL * 1000)

const toNumericDate = (date: Date) => Math.floor(date.getTime() / 1000)

/**
 * Makes the pair of tokens of a session's present generation; it is the only one that works. Made again, it is the same
 * pair, with what is left of its life.
 */
export function createTokenPairIssuer(tokens: Tokens, config: Config) {
  return function issueTokenPair(session: SessionRow, user: User, now: Date): TokenPair {
    const { id, generation, rotatedAt } = session
    const iat = toNumericDate(rotatedAt)
    // No access token outlives its session (OWASP ASVS 7.3.2).
    const exp = Math.min(iat + config.ACCESS_TOKEN_TTL, toNumericDate(getSessionExpiry(session)))
    return {
      accessToken: tokens.access.sign({
        sub: user.id,
        email: user.email,
        sid: id,
        jti: toJti(id, generation),
        iat,
        exp
      }),
      tokenType: 'Bearer',
      expiresIn: Math.max(0, exp - toNumericDate(now)),
      refreshToken: tokens.refresh.issue({ sessionId: id, generation }),
      refreshExpiresIn: Math.floor((getSessionExpiry(session).getTime() - now.getTime()) / 1000),
      user
    }
  }
}
