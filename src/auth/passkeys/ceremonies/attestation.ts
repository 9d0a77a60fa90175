import type { PasskeyConfig } from '../../../config/passkeys/settings.ts'
import { Problem } from '../../../problems/problem.ts'
import type { NewCredential } from '../tables.ts'
import { fromBase64Url, toBase64Url } from './binary.ts'
import { assertAuthenticator, type ClientData } from './client-data.ts'
import type { RegistrationResponse } from './responses.ts'
import { ALGORITHMS, loadWebAuthn, type WebAuthn } from './webauthn.ts'

/** The bytes of a key: of RSA from 2048 to 4096 bits, with what COSE adds. */
const MIN_RSA_KEY_BYTES = 256
const MAX_KEY_BYTES = 640
/** The labels of the algorithm, and of the modulus and the exponent of an RSA key (RFC 9053; RFC 8230). */
const COSE_ALGORITHM = 3
const COSE_MODULUS = -1
const COSE_EXPONENT = -2
const RS256 = -257

/**
 * Verifies a passkey that was made (WebAuthn Level 3, section 7.1).
 * @param clientData what was checked of the answer already
 * @throws {Problem} `passkey_malformed`, `passkey_unsupported`, `passkey_origin_refused` or `passkey_user_not_verified`
 */
export async function verifyAttestation(
  { id, rawId, type, response }: RegistrationResponse,
  { challenge, origin }: ClientData,
  config: PasskeyConfig
): Promise<NewCredential> {
  const webAuthn = await loadWebAuthn()
  const { clientDataJSON, attestationObject, transports = [] } = response
  const authenticator = await refuseIfMalformed(() => parseAttestation(webAuthn, attestationObject))
  assertAuthenticator(authenticator, config)
  const { registrationInfo } = await refuseIfMalformed(() =>
    webAuthn.verifyRegistrationResponse({
      response: {
        id,
        rawId,
        type,
        response: { clientDataJSON, attestationObject },
        clientExtensionResults: {}
      },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: config.rpId,
      supportedAlgorithmIDs: ALGORITHMS
    })
  )
  // The id outside of what was signed must be that of the key inside.
  if (registrationInfo?.credential.id !== id) throw new Problem('passkey_malformed')
  const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo
  await refuseIfMalformed(() => assertKeyWorks(webAuthn, credential.publicKey))
  return {
    credentialId: credential.id,
    publicKey: toBase64Url(credential.publicKey),
    signCount: credential.counter,
    transports,
    aaguid,
    isBackupEligible: credentialDeviceType === 'multiDevice',
    isBackedUp: credentialBackedUp
  }
}

/**
 * Reads what the authenticator says. Attestations with certificates are refused before the library sees them: it would fetch
 * lists of revoked certificates from wherever they say.
 */
async function parseAttestation(webAuthn: WebAuthn, attestationObject: string) {
  const attestation = webAuthn.decodeAttestationObject(fromBase64Url(attestationObject))
  const format = attestation.get('fmt')
  const isSelfAttested = format === 'packed' && attestation.get('attStmt').get('x5c') === undefined
  if (format !== 'none' && !isSelfAttested)
    throw new Problem('passkey_unsupported', {
      detail:
        'The attestation of the maker of the device is not taken. Ask for attestation "none", as the options do.'
    })
  const authenticator = webAuthn.parseAuthenticatorData(attestation.get('authData'))
  if (authenticator.credentialPublicKey) assertKeySupported(webAuthn, authenticator.credentialPublicKey)
  return authenticator
}

function assertKeySupported(webAuthn: WebAuthn, publicKey: Uint8Array<ArrayBuffer>): void {
  const key: { get: (label: number) => unknown } = webAuthn.decodeCredentialPublicKey(publicKey)
  const algorithm = key.get(COSE_ALGORITHM)
  if (!ALGORITHMS.some(supported => supported === algorithm))
    throw new Problem('passkey_unsupported', {
      detail: 'The key has none of the algorithms that the options name: ES256, EdDSA and RS256.'
    })
  const modulus = key.get(COSE_MODULUS)
  const isTooShort =
    algorithm === RS256 && modulus instanceof Uint8Array && modulus.byteLength < MIN_RSA_KEY_BYTES
  if (isTooShort || publicKey.byteLength > MAX_KEY_BYTES)
    throw new Problem('passkey_unsupported', {
      detail: 'An RSA key has 2048 to 4096 bits. Make another passkey.'
    })
  const exponent = key.get(COSE_EXPONENT)
  if (algorithm === RS256 && exponent instanceof Uint8Array && !isSafeExponent(exponent))
    throw new Problem('passkey_unsupported', {
      detail: 'The public exponent of an RSA key is odd and at least 3. Make another passkey.'
    })
}

/** With the exponent 1 everybody can sign; with an even one nobody can. */
function isSafeExponent(exponent: Uint8Array): boolean {
  const value = BigInt(`0x0${Buffer.from(exponent).toString('hex')}`)
  return value >= 3n && value % 2n === 1n
}

/** Finds out whether the key is one: with attestation "none" nothing was signed yet, and a broken key would let nobody in. */
async function assertKeyWorks(webAuthn: WebAuthn, credentialPublicKey: Uint8Array<ArrayBuffer>) {
  const data = new Uint8Array(1)
  const signature = new Uint8Array(EMPTY_SIGNATURE)
  await webAuthn.verifySignature({ credentialPublicKey, signature, data })
}

/** An ECDSA signature (r = s = 1) in ASN.1, which the other algorithms read as a wrong one. */
const EMPTY_SIGNATURE = [0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01]

/** The library throws an error of its own for each of the many ways in which an answer can be wrong. */
async function refuseIfMalformed<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (error) {
    throw error instanceof Problem ? error : new Problem('passkey_malformed')
  }
}
