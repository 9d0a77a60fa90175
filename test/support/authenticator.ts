import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { type CborValue, toCbor } from './cbor.ts'

/** Where the pages of the tests are, unless a test says otherwise. */
export const ORIGIN = 'http://localhost:5173'
export const RP_ID = 'localhost'

/** The bits of what an authenticator says (WebAuthn Level 3, section 6.1). */
export const FLAGS = { present: 1, verified: 4, backupEligible: 8, backedUp: 16, credential: 64 }
const VERIFIED = FLAGS.present | FLAGS.verified

export type Algorithm = 'ES256' | 'EdDSA' | 'RS256'

/** What may be wrong with an answer. */
export interface Deviations {
  origin?: string
  rpId?: string
  challenge?: string
  type?: string
  flags?: number
  signCount?: number
  userHandle?: string
  clientData?: object
  /** Instead of attestation "none". */
  format?: string
  statement?: Map<string, CborValue>
  /** Instead of the key that signs. */
  publicKey?: Map<number, CborValue>
  credentialId?: Buffer
}

interface CreationOptions {
  rp: { id: string }
  user: { id: string }
  challenge: string
}

interface RequestOptions {
  rpId: string
  challenge: string
}

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest()
const bytesOf = (text: string | undefined) => Buffer.from(text ?? '', 'base64url')

function generateKeys(algorithm: Algorithm) {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return algorithm === 'EdDSA'
    ? generateKeyPairSync('ed25519')
    : generateKeyPairSync('rsa', { modulusLength: 2048 })
}

/** A public key in COSE (RFC 9053; RFC 8230). */
export function toCose(key: KeyObject, algorithm: Algorithm): Map<number, CborValue> {
  const { x, y, n, e } = key.export({ format: 'jwk' })
  if (algorithm === 'ES256')
    return new Map<number, CborValue>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytesOf(x)],
      [-3, bytesOf(y)]
    ])
  if (algorithm === 'EdDSA')
    return new Map<number, CborValue>([
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, bytesOf(x)]
    ])
  return new Map<number, CborValue>([
    [1, 3],
    [3, -257],
    [-1, bytesOf(n)],
    [-2, bytesOf(e)]
  ])
}

/** An authenticator with one passkey, which does as a test says. */
export function createAuthenticator({
  algorithm = 'ES256' as Algorithm,
  aaguid = '00000000-0000-0000-0000-000000000000',
  flags: ownFlags = 0
} = {}) {
  const { publicKey, privateKey } = generateKeys(algorithm)
  const ownId = randomBytes(16)
  let userHandle = ''

  const signData = (data: Buffer) => sign(algorithm === 'EdDSA' ? null : 'sha256', data, privateKey)

  const toClientData = (
    type: string,
    challenge: string,
    { origin = ORIGIN, clientData = {}, ...rest }: Deviations
  ) =>
    Buffer.from(
      JSON.stringify({
        type: rest.type ?? type,
        challenge: rest.challenge ?? challenge,
        origin,
        crossOrigin: false,
        ...clientData
      })
    )

  function toAuthenticatorData(
    rpId: string,
    { flags = VERIFIED, signCount = 0, ...rest }: Deviations,
    attested: Buffer = Buffer.alloc(0)
  ): Buffer {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(signCount)
    const bits = flags | ownFlags | (attested.length > 0 ? FLAGS.credential : 0)
    return Buffer.concat([sha256(rest.rpId ?? rpId), Buffer.of(bits), counter, attested])
  }

  return {
    credentialId: base64url(ownId),

    /** Makes the passkey. @returns `RegistrationResponseJSON` */
    create(options: CreationOptions, deviations: Deviations = {}) {
      userHandle = options.user.id
      const id = deviations.credentialId ?? ownId
      const length = Buffer.alloc(2)
      length.writeUInt16BE(id.length)
      const key = toCbor(deviations.publicKey ?? toCose(publicKey, algorithm))
      const model = Buffer.from(aaguid.replaceAll('-', ''), 'hex')
      const authData = toAuthenticatorData(options.rp.id, deviations, Buffer.concat([model, length, id, key]))
      const clientDataJSON = toClientData('webauthn.create', options.challenge, deviations)
      const statement = deviations.statement ?? new Map<string, CborValue>()
      // An attestation by the key itself.
      if (deviations.format === 'packed' && !deviations.statement)
        statement
          .set('alg', { ES256: -7, EdDSA: -8, RS256: -257 }[algorithm])
          .set('sig', signData(Buffer.concat([authData, sha256(clientDataJSON)])))
      const attestationObject = toCbor(
        new Map<string, CborValue>([
          ['fmt', deviations.format ?? 'none'],
          ['attStmt', statement],
          ['authData', authData]
        ])
      )
      return {
        id: base64url(id),
        rawId: base64url(id),
        type: 'public-key',
        authenticatorAttachment: 'platform',
        clientExtensionResults: { credProps: { rk: true } },
        response: {
          clientDataJSON: base64url(clientDataJSON),
          attestationObject: base64url(attestationObject),
          authenticatorData: base64url(authData),
          transports: ['internal', 'hybrid']
        }
      }
    },

    /** Uses the passkey. @returns `AuthenticationResponseJSON` */
    get(options: RequestOptions, deviations: Deviations = {}) {
      const clientDataJSON = toClientData('webauthn.get', options.challenge, deviations)
      const authenticatorData = toAuthenticatorData(options.rpId, deviations)
      const signature = signData(Buffer.concat([authenticatorData, sha256(clientDataJSON)]))
      return {
        id: base64url(ownId),
        rawId: base64url(ownId),
        type: 'public-key',
        authenticatorAttachment: 'platform',
        clientExtensionResults: {},
        response: {
          clientDataJSON: base64url(clientDataJSON),
          authenticatorData: base64url(authenticatorData),
          signature: base64url(signature),
          userHandle: deviations.userHandle ?? userHandle
        }
      }
    }
  }
}

export type Authenticator = ReturnType<typeof createAuthenticator>
