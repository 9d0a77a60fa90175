import { Type } from '@sinclair/typebox'
import { MAX_PASSKEY_NAME } from '../../../src/auth/passkeys/schemas.ts'
import { Nullable } from '../../../src/http/schemas/types.ts'
import { exampleIds, Instant, NullableString } from '../../schemas.ts'
import { exampleCodes, RecoveryCodeList } from '../factors/recovery-codes.ts'

const Bytes = (description: string) => Type.String({ description: `${description}, in base64url` })
const PublicKeyType = Type.Unsafe<'public-key'>({ const: 'public-key' })

const exampleChallenge = 'AaIJkx8MeqGNXit8ng9KYwGa5BhyIMKc0pT0mWcY8bFJxq0Yq0kq1iWb1rVQ3yXzv8e5c0'

export const examplePasskey = {
  id: exampleIds.passkey,
  name: 'Work laptop',
  device: 'Google Password Manager',
  createdAt: '2026-11-23T09:30:00.000Z',
  lastUsedAt: null,
  backedUp: true,
  credentialId: 'AZjXkGq0T2WmYyT3q7JvNw'
}

export const PasskeyDocument = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    name: Type.String({ description: `what the user calls it, at most ${MAX_PASSKEY_NAME} characters` }),
    device: NullableString('the password manager or the security key that made it; null for an unknown one'),
    createdAt: Instant('when it was added'),
    lastUsedAt: Nullable(Instant('when it was last used; null for never')),
    backedUp: Type.Boolean({ description: 'whether it outlives the device, as its maker says' }),
    credentialId: Bytes(
      'its id for browsers and password managers (PublicKeyCredential.signalAllAcceptedCredentials)'
    )
  },
  { $id: 'Passkey', description: 'A passkey of the account.', examples: [examplePasskey] }
)

export const AddedPasskeyDocument = Type.Object(
  { ...PasskeyDocument.properties, recoveryCodes: Type.Optional(RecoveryCodeList) },
  {
    $id: 'AddedPasskey',
    description: 'A passkey that was added, with the recovery codes of an account that had none before.',
    examples: [{ ...examplePasskey, recoveryCodes: exampleCodes }]
  }
)

/** `PublicKeyCredentialCreationOptionsJSON` (WebAuthn Level 3, section 5.1.9). */
export const PasskeyCreationOptionsDocument = Type.Object(
  {
    rp: Type.Object({
      id: Type.String({ description: 'the domain that passkeys belong to' }),
      name: Type.String({ description: 'the name of the application' })
    }),
    user: Type.Object({
      id: Bytes('the user handle'),
      name: Type.String({ description: 'the e-mail' }),
      displayName: Type.String({ description: 'the user name' })
    }),
    challenge: Bytes('good for five minutes and once'),
    pubKeyCredParams: Type.Array(
      Type.Object({ type: PublicKeyType, alg: Type.Integer({ description: 'a COSE algorithm' }) })
    ),
    timeout: Type.Integer({ description: 'milliseconds for which the challenge is good' }),
    excludeCredentials: Type.Array(
      Type.Object({ type: PublicKeyType, id: Bytes('a credential'), transports: Type.Array(Type.String()) }),
      { description: 'the passkeys that the account has already' }
    ),
    authenticatorSelection: Type.Object({
      residentKey: Type.Unsafe<'required'>({ const: 'required' }),
      requireResidentKey: Type.Boolean(),
      userVerification: Type.Unsafe<'required'>({ const: 'required' })
    }),
    attestation: Type.Unsafe<'none'>({ const: 'none' }),
    extensions: Type.Object({ credProps: Type.Boolean() }),
    hints: Type.Array(Type.String())
  },
  {
    $id: 'PasskeyCreationOptions',
    description:
      'What a browser needs to make a passkey: for PublicKeyCredential.parseCreationOptionsFromJSON (WebAuthn Level 3).',
    examples: [
      {
        rp: { id: 'example.org', name: 'Latchkey' },
        user: { id: 'AaIJkTpSfGCeG10Mj3pLEQ', name: 'ada@example.org', displayName: 'ada' },
        challenge: exampleChallenge,
        pubKeyCredParams: [
          { type: 'public-key', alg: -8 },
          { type: 'public-key', alg: -7 },
          { type: 'public-key', alg: -257 }
        ],
        timeout: 300_000,
        excludeCredentials: [],
        authenticatorSelection: {
          residentKey: 'required',
          requireResidentKey: true,
          userVerification: 'required'
        },
        attestation: 'none',
        extensions: { credProps: true },
        hints: []
      }
    ]
  }
)

/** `PublicKeyCredentialRequestOptionsJSON` (WebAuthn Level 3, section 5.1.10). */
export const PasskeyRequestOptionsDocument = Type.Object(
  {
    rpId: Type.String({ description: 'the domain that passkeys belong to' }),
    challenge: Bytes('good for five minutes and once'),
    timeout: Type.Integer({ description: 'milliseconds for which the challenge is good' }),
    userVerification: Type.Unsafe<'required'>({ const: 'required' }),
    allowCredentials: Type.Array(Type.Object({ type: PublicKeyType, id: Bytes('a credential') }), {
      description: 'always empty, so that it does not tell who has a passkey'
    })
  },
  {
    $id: 'PasskeyRequestOptions',
    description:
      'What a browser needs to use a passkey: for PublicKeyCredential.parseRequestOptionsFromJSON (WebAuthn Level 3).',
    examples: [
      {
        rpId: 'example.org',
        challenge: exampleChallenge,
        timeout: 300_000,
        userVerification: 'required',
        allowCredentials: []
      }
    ]
  }
)
