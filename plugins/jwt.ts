import jwt, { type FastifyJWTOptions, type JWT } from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import {
  type AccessTokenClaims,
  createAccessTokens,
  type JwtSigner
} from '../src/auth/tokens/access-tokens.ts'
import { createRefreshTokens } from '../src/auth/tokens/refresh-tokens.ts'
import { loadSigningKeys, type SigningKey } from '../src/auth/tokens/signing-keys.ts'
import type { Tokens } from '../src/auth/tokens/token-pairs.ts'
import type { Config } from '../src/config/config.ts'
import { createKeyDerivation } from '../src/process/derived-keys.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Issues and verifies access tokens and refresh tokens. */
    tokens: Tokens
  }
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: AccessTokenClaims
    /** `app.jwt` has one namespace for each key, named by the key's id. */
    namespaces: string
  }
}

/** The type of an access token, so that no JWT of another purpose is accepted as one (RFC 9068, section 2.1). */
const TOKEN_TYPE = 'at+jwt'

/**
 * Each key has its own signer and verifier, made once. Verification tries all keys and ignores the `kid` of a token: there
 * are few keys.
 */
async function jwtTokens(app: FastifyInstance, { config }: { config: Config }) {
  const keys = loadSigningKeys(config, file =>
    app.log.info({ key: file }, `A key to sign tokens with was made: ${file}. Back it up with the database`)
  )
  for (const key of keys) await app.register(jwt, toJwtOptions(key, config))

  const createSigner = ({ id }: SigningKey): JwtSigner => {
    const jwtApi = app.jwt[id] as JWT
    return {
      sign: claims => jwtApi.sign({ ...claims, client_id: config.accessToken.clientId }),
      verifyIgnoringExpiration: token => verifyOrUndefined(() => jwtApi.verify(token))
    }
  }

  const [current, ...retired] = keys
  const deriveKeys = createKeyDerivation([
    current.keyMaterial,
    ...retired.map(({ keyMaterial }) => keyMaterial)
  ])
  app.decorate('tokens', {
    access: createAccessTokens([createSigner(current), ...retired.map(createSigner)], app.store.now),
    refresh: createRefreshTokens(deriveKeys('refresh token')),
    deriveKeys,
    publicKeys: keys.flatMap(({ jwk }) => jwk ?? [])
  })
}

const toJwtOptions = ({ id, algorithm, secret }: SigningKey, config: Config): FastifyJWTOptions => ({
  namespace: id,
  secret,
  sign: {
    algorithm,
    iss: config.accessToken.issuer,
    aud: config.accessToken.audience,
    header: { alg: algorithm, typ: TOKEN_TYPE, kid: id }
  },
  verify: {
    algorithms: [algorithm],
    allowedIss: config.accessToken.issuer,
    allowedAud: config.accessToken.audience,
    checkTyp: TOKEN_TYPE,
    requiredClaims: ['iss', 'aud', 'sub', 'email', 'sid', 'jti', 'iat', 'exp'],
    // The library reads the machine's clock and accepts a token in the second of its `exp`. The service measures lifetimes
    // itself.
    ignoreExpiration: true,
    ignoreNotBefore: true
  }
})

/** The library throws a different error for each fault of a token. All of them mean the same here. */
function verifyOrUndefined(verify: () => unknown): unknown {
  try {
    return verify()
  } catch {
    return undefined
  }
}

export default fp(jwtTokens, { name: 'jwt', dependencies: ['database'] })
