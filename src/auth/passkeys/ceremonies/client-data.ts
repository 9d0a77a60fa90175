import { createHash } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { isLocalhostOrigin } from '../../../config/passkeys/origins.ts'
import type { PasskeyConfig } from '../../../config/passkeys/settings.ts'
import { Problem } from '../../../problems/problem.ts'

/** What the browser says of a ceremony (WebAuthn Level 3, section 5.8.1). */
const ClientData = Type.Object({
  type: Type.String(),
  challenge: Type.String(),
  origin: Type.String(),
  crossOrigin: Type.Optional(Type.Boolean())
})
export type ClientData = Readonly<Static<typeof ClientData>>

/** @throws {Problem} `passkey_malformed` */
export function parseClientData(clientDataJSON: string): ClientData {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(clientDataJSON, 'base64url'))
    return Value.Decode(ClientData, JSON.parse(text))
  } catch {
    throw new Problem('passkey_malformed')
  }
}

/**
 * Checks for what and where the passkey was used (section 7.1, steps 7 to 12; section 7.2, steps 11 to 15).
 * @throws {Problem} `passkey_malformed` for an answer to the other kind of ceremony, or `passkey_origin_refused`
 */
export function assertClientData(
  { type, origin, crossOrigin = false }: ClientData,
  expectedType: 'webauthn.create' | 'webauthn.get',
  { origins, acceptsLocalhost }: PasskeyConfig
): void {
  if (type !== expectedType) throw new Problem('passkey_malformed')
  const isAccepted = origins.includes(origin) || (acceptsLocalhost && isLocalhostOrigin(origin))
  if (!isAccepted || crossOrigin) throw new Problem('passkey_origin_refused')
}

/** What the authenticator says of itself and of its user. */
interface AuthenticatorStatement {
  readonly rpIdHash: Uint8Array
  readonly flags: { readonly up: boolean; readonly uv: boolean }
}

/**
 * Checks for which domain the passkey was used, and whether it has verified its user.
 * @throws {Problem} `passkey_origin_refused` or `passkey_user_not_verified`
 */
export function assertAuthenticator(
  { rpIdHash, flags }: AuthenticatorStatement,
  { rpId }: PasskeyConfig
): void {
  if (!createHash('sha256').update(rpId).digest().equals(rpIdHash))
    throw new Problem('passkey_origin_refused')
  if (!flags.up || !flags.uv) throw new Problem('passkey_user_not_verified')
}
