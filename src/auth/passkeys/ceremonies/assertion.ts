import type { PasskeyConfig } from '../../../config/passkeys/settings.ts'
import { Problem } from '../../../problems/problem.ts'
import type { PasskeyRow } from '../tables.ts'
import { fromBase64Url } from './binary.ts'
import { assertAuthenticator, type ClientData } from './client-data.ts'
import type { AuthenticationResponse } from './responses.ts'
import { loadWebAuthn } from './webauthn.ts'

/** What a proof says of its passkey. */
export interface CredentialState {
  readonly signCount: number
  readonly isBackedUp: boolean
}

/**
 * Checks what an authenticator says, whosever it is.
 * @throws {Problem} `passkey_malformed`, `passkey_origin_refused` or `passkey_user_not_verified`
 */
export async function assertAuthenticatorData(
  { response }: AuthenticationResponse,
  config: PasskeyConfig
): Promise<void> {
  const { parseAuthenticatorData } = await loadWebAuthn()
  const parse = () => {
    try {
      return parseAuthenticatorData(fromBase64Url(response.authenticatorData))
    } catch {
      throw new Problem('passkey_malformed')
    }
  }
  assertAuthenticator(parse(), config)
}

/**
 * Verifies the signature of a proof (WebAuthn Level 3, section 7.2).
 * @param clientData what was checked of the answer already
 * @returns undefined for a wrong signature, or one of another kind of passkey
 */
export async function verifyAssertion(
  { id, rawId, type, response }: AuthenticationResponse,
  { challenge, origin }: ClientData,
  { rpId }: PasskeyConfig,
  {
    credentialId,
    publicKey,
    isBackupEligible
  }: Pick<PasskeyRow, 'credentialId' | 'publicKey' | 'isBackupEligible'>
): Promise<CredentialState | undefined> {
  const { verifyAuthenticationResponse } = await loadWebAuthn()
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { id, rawId, type, response, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      // The library refuses a count that goes back; the service tells the owner. From 0 each count is a step forward.
      credential: { id: credentialId, publicKey: fromBase64Url(publicKey), counter: 0 }
    })
    const { newCounter, credentialBackedUp, credentialDeviceType } = authenticationInfo
    // Whether a passkey can be backed up is settled when it is made (section 6.1.3).
    const isSameKind = (credentialDeviceType === 'multiDevice') === isBackupEligible
    return verified && isSameKind ? { signCount: newCounter, isBackedUp: credentialBackedUp } : undefined
  } catch {
    // Of a signature that is not even of the form of one.
    return undefined
  }
}
