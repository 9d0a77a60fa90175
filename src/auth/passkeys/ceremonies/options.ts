import type { User } from '../../user.ts'
import type { PasskeyRow } from '../tables.ts'
import { toBase64Url, toIdBytes } from './binary.ts'
import { CHALLENGE_TTL_MS } from './challenges.ts'
import { ALGORITHMS } from './webauthn.ts'

/** The account that gets a passkey. */
export type NewOwner = Pick<User, 'id' | 'username' | 'email'>

interface RelyingParty {
  readonly rpId: string
  readonly appName: string
}

/**
 * The options with which an account gets a passkey (`PublicKeyCredentialCreationOptionsJSON`, WebAuthn Level 3, section 5.1.9):
 * one that is found without a user name, made by any authenticator that verifies its user.
 * @param present the passkeys that the account has already: an authenticator makes no second one
 */
export const toCreationOptions = (
  { rpId, appName }: RelyingParty,
  { id, username, email }: NewOwner,
  challenge: Uint8Array,
  present: readonly PasskeyRow[]
) => ({
  rp: { id: rpId, name: appName },
  user: { id: toBase64Url(toIdBytes(id)), name: email, displayName: username },
  challenge: toBase64Url(challenge),
  pubKeyCredParams: ALGORITHMS.map(alg => ({ type: 'public-key' as const, alg })),
  timeout: CHALLENGE_TTL_MS,
  excludeCredentials: present.map(({ credentialId, transports }) => ({
    type: 'public-key' as const,
    id: credentialId,
    transports: [...transports]
  })),
  authenticatorSelection: {
    residentKey: 'required' as const,
    requireResidentKey: true,
    userVerification: 'required' as const
  },
  attestation: 'none' as const,
  extensions: { credProps: true },
  hints: []
})

/**
 * The options with which somebody shows who he is (`PublicKeyCredentialRequestOptionsJSON`, section 5.1.10). They name no
 * passkey, so that they do not tell who has one.
 */
export const toRequestOptions = ({ rpId }: Pick<RelyingParty, 'rpId'>, challenge: Uint8Array) => ({
  rpId,
  challenge: toBase64Url(challenge),
  timeout: CHALLENGE_TTL_MS,
  userVerification: 'required' as const,
  allowCredentials: []
})
