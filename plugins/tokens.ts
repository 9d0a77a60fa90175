import jwt from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type AccessClaims, accessTokensOf, type Signer } from '../src/auth/access-tokens.ts'
import { refreshTokensOf } from '../src/auth/refresh-tokens.ts'
import { keyIdOf, signingSecrets } from '../src/auth/signing-key.ts'
import type { Tokens } from '../src/auth/token-pairs.ts'
import type { Config } from '../src/config.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes and checks access tokens and refresh tokens. */
    tokens: Tokens
  }
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: AccessClaims
  }
}

/** One algorithm, whatever a token's header asks for (RFC 8725, section 3.1). */
const ALGORITHM = 'HS256'
/** Says that this is an access token, so that no JWT of another purpose passes for one (RFC 9068, section 2.1). */
const TYPE = 'at+jwt'

async function tokens(app: FastifyInstance, { config }: { config: Config }) {
  const secrets = signingSecrets(config)
  const [current, ...retired] = secrets

  await app.register(jwt, {
    secret: current,
    sign: {
      algorithm: ALGORITHM,
      iss: config.JWT_ISSUER,
      aud: config.JWT_AUDIENCE,
      header: { alg: ALGORITHM, typ: TYPE, kid: keyIdOf(current) }
    },
    verify: {
      algorithms: [ALGORITHM],
      allowedIss: config.JWT_ISSUER,
      allowedAud: config.JWT_AUDIENCE,
      checkTyp: TYPE,
      requiredClaims: ['iss', 'aud', 'sub', 'email', 'sid', 'jti', 'iat', 'exp'],
      // The library reads the machine's clock and lets a token live in the second of its exp; we measure it ourselves.
      ignoreExpiration: true
    }
  })

  const signer: Signer = {
    sign: claims => app.jwt.sign(claims),
    open: token =>
      claimsIn(() => app.jwt.verify(token)) ??
      retired.map(key => claimsIn(() => app.jwt.verify(token, { key }))).find(Boolean)
  }
  app.decorate('tokens', {
    access: accessTokensOf(signer, app.store.now),
    refresh: refreshTokensOf(secrets)
  })
}

/** The library throws for each of the many ways in which a token can be wrong; none of them matters to us. */
function claimsIn(verify: () => AccessClaims): AccessClaims | undefined {
  try {
    return verify()
  } catch {
    return undefined
  }
}

export default fp(tokens, { name: 'tokens', dependencies: ['store'] })
