import { isUndoneBy, NoRowAffected } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import type { TokenPair } from '../tokens/token-pairs.ts'
import type { PasskeyProof } from './schemas.ts'
import type { PasskeyServices } from './services.ts'

export function createPasskeySignIn({ sessions, ceremonies, verifyPasskey }: PasskeyServices) {
  return {
    /** @throws {Problem} `passkeys_not_configured` */
    createSignInOptions: ceremonies.createRequestOptions,

    /**
     * Signs a user in by a passkey, which is two factors at once: it is in somebody's hands, and has verified whose.
     * @returns the first token pair of a new session
     * @throws {Problem} as `verifyPasskey` does
     */
    async signIn({ passkey }: PasskeyProof, client: ClientInfo): Promise<TokenPair> {
      const { user, useUp, statements } = await verifyPasskey(passkey, client)
      return sessions
        .start(user, client, { methods: ['passkey'], statements: [useUp, ...statements] })
        .catch(error => {
          if (isUndoneBy(error, useUp)) throw new Problem('passkey_challenge_expired')
          throw isGone(error) ? new Problem('passkey_not_recognized') : error
        })
    }
  }
}

/** Whether the passkey was removed meanwhile, or the account is no longer as it was. */
const isGone = (error: unknown): boolean =>
  error instanceof NoRowAffected || (error instanceof Problem && error.code === 'invalid_credentials')
