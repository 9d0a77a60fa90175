import { type Static, type TProperties, Type } from '@sinclair/typebox'

/** The most characters of a part of an answer: several times what any authenticator makes. */
const MAX_CLIENT_DATA = 4096
const MAX_ATTESTATION = 16_384
const MAX_AUTHENTICATOR_DATA = 4096
const MAX_SIGNATURE = 2048
/** The most characters of a credential's id: 1023 bytes (WebAuthn Level 3, section 4). */
const MAX_CREDENTIAL_ID = 1364
/** The most characters of a user handle: 64 bytes (WebAuthn Level 3, section 5.4.3). */
const MAX_USER_HANDLE = 86
const MAX_TRANSPORTS = 16
/** Also transports that are yet to come: the known ones are words like these. */
const TRANSPORT = '^[a-z-]{1,32}$'

const Base64Url = (maxLength: number, description: string) =>
  Type.String({ pattern: '^[\\w-]+$', maxLength, description: `${description}, in base64url` })

const CREDENTIAL_ID = 'the id of the credential'
/** The members that both answers have. Browsers may add others, of which the service needs none. */
const createResponse = <Properties extends TProperties>(response: Properties, options: object) =>
  Type.Object(
    {
      id: Base64Url(MAX_CREDENTIAL_ID, CREDENTIAL_ID),
      rawId: Base64Url(MAX_CREDENTIAL_ID, `${CREDENTIAL_ID}, once more`),
      type: Type.Unsafe<'public-key'>({ const: 'public-key', description: 'public-key' }),
      response: Type.Object({
        clientDataJSON: Base64Url(MAX_CLIENT_DATA, 'what the browser says of the ceremony'),
        ...response
      })
    },
    options
  )

const exampleId = 'AZjXkGq0T2WmYyT3q7JvNw'
const exampleClientData =
  'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiQVprPSIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUub3JnIn0'

/** A new passkey as `PublicKeyCredential.toJSON()` gives it (`RegistrationResponseJSON`). */
export const RegistrationResponse = createResponse(
  {
    attestationObject: Base64Url(MAX_ATTESTATION, 'the new key'),
    transports: Type.Optional(
      Type.Array(Type.String({ pattern: TRANSPORT, description: 'a word such as internal or hybrid' }), {
        maxItems: MAX_TRANSPORTS,
        description: 'how the authenticator is reached'
      })
    )
  },
  {
    description: 'the new passkey, as PublicKeyCredential.toJSON() gives it (RegistrationResponseJSON)',
    examples: [
      {
        id: exampleId,
        rawId: exampleId,
        type: 'public-key',
        response: {
          clientDataJSON: exampleClientData,
          attestationObject: 'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVg',
          transports: ['internal', 'hybrid']
        }
      }
    ]
  }
)
export type RegistrationResponse = Readonly<Static<typeof RegistrationResponse>>

/** A proof of a passkey as `PublicKeyCredential.toJSON()` gives it (`AuthenticationResponseJSON`). */
export const AuthenticationResponse = createResponse(
  {
    authenticatorData: Base64Url(MAX_AUTHENTICATOR_DATA, 'what the authenticator says of the ceremony'),
    signature: Base64Url(MAX_SIGNATURE, 'the signature'),
    userHandle: Base64Url(MAX_USER_HANDLE, 'whose passkey it is')
  },
  {
    description: 'the proof, as PublicKeyCredential.toJSON() gives it (AuthenticationResponseJSON)',
    examples: [
      {
        id: exampleId,
        rawId: exampleId,
        type: 'public-key',
        response: {
          clientDataJSON: exampleClientData,
          authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MdAAAAAA',
          signature: 'MEUCIQDx4l0Vq1cVtq6m8g0d',
          userHandle: 'AaIJkTpSfGCeG10Mj3pLEQ'
        }
      }
    ]
  }
)
export type AuthenticationResponse = Readonly<Static<typeof AuthenticationResponse>>
