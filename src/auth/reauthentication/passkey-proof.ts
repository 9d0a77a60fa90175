import type { VerifyPasskey } from '../passkeys/verify-passkey.ts'
import type { TakeProof } from './proofs.ts'

/** Creates the proof by a passkey of the account. */
export const createPasskeyProof =
  (verifyPasskey: VerifyPasskey): TakeProof =>
  ({ passkey }) =>
    passkey && {
      method: 'passkey',
      async verify(caller, client) {
        const { useUp, statements } = await verifyPasskey(passkey, client, caller.id)
        return { statements: [useUp, ...statements] }
      },
      refusal: 'passkey_challenge_expired'
    }
