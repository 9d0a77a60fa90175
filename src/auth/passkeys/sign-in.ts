import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import type { TokenPair } from '../tokens/token-pairs.ts'
import type { PasskeyProof } from './schemas.ts'
import type { PasskeyServices } from './services.ts'
import { createVerifyPasskey } from './verify-passkey.ts'

export function createPasskeySignIn(services: PasskeyServices) {
  const { sessions, ceremonies } = services
  const verifyPasskey = createVerifyPasskey(services)

  return {
    /** @throws {Problem} `passkeys_not_configured` */
    createSignInOptions: ceremonies.createRequestOptions,

    /**
     * Signs a user in by a passkey, which is two factors at once: it is in somebody's hands, and has verified whose.
     * @returns the first token pair of a new session
     * @throws {Problem} as `verifyPasskey` does
     */
    async signIn({ passkey }: PasskeyProof, client: ClientInfo): Promise<TokenPair> {
      const { user, statements, refuse } = await verifyPasskey(passkey, client)
      return sessions.start(user, client, { methods: ['passkey'], statements }).catch(error => {
        if (error instanceof Problem && error.code === 'invalid_credentials') return refuse()
        throw error
      })
    }
  }
}
