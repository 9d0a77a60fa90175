import { Type } from '@sinclair/typebox'
import { RECOVERY_CODES } from '../../../src/auth/factors/codes/recovery-codes.ts'
import { Nullable } from '../../../src/http/schemas/types.ts'
import { exampleIds, Instant, ref } from '../../schemas.ts'
import { TokenPairDocument } from '../documents.ts'
import { exampleCodes, RecoveryCodeList } from './recovery-codes.ts'

const exampleFactor = {
  id: exampleIds.factor,
  type: 'totp',
  createdAt: '2026-11-23T09:24:00.000Z',
  confirmedAt: '2026-11-23T09:25:00.000Z',
  lastUsedAt: '2026-11-23T09:30:00.000Z'
}

export const FactorDocument = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    type: Type.Literal('totp', { description: 'an authenticator app' }),
    createdAt: Instant('when it was begun'),
    confirmedAt: Nullable(Instant('from when on it counts; null until it is confirmed')),
    lastUsedAt: Nullable(Instant('when its last code was taken, to half a minute; null before the first'))
  },
  { $id: 'Factor', description: 'A second factor of the account.', examples: [exampleFactor] }
)

export const FactorListDocument = Type.Object(
  {
    items: Type.Array(ref(FactorDocument)),
    recoveryCodesLeft: Type.Integer({ description: 'recovery codes that were not used' })
  },
  {
    $id: 'FactorList',
    description:
      'The authenticator apps of the account, the oldest first. Passkeys have a list of their own.',
    examples: [{ items: [exampleFactor], recoveryCodesLeft: RECOVERY_CODES }]
  }
)

export const NewTotpFactorDocument = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    secret: Type.String({ description: 'for the authenticator app, in base32; shown here and never again' }),
    uri: Type.String({ description: 'the same as an address that the app reads, for a QR code' })
  },
  {
    $id: 'NewTotpFactor',
    description: 'An authenticator app that is not confirmed yet.',
    examples: [
      {
        id: exampleIds.factor,
        secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
        uri: 'otpauth://totp/Latchkey:ada%40example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Latchkey'
      }
    ]
  }
)

export const ConfirmedFactorDocument = Type.Object(
  { ...FactorDocument.properties, recoveryCodes: Type.Optional(RecoveryCodeList) },
  {
    $id: 'ConfirmedFactor',
    description:
      'A second factor that counts from now on, with the recovery codes of an account that had none before.',
    examples: [{ ...exampleFactor, recoveryCodes: exampleCodes }]
  }
)

export const RecoveryCodesDocument = Type.Object(
  { recoveryCodes: RecoveryCodeList },
  {
    $id: 'RecoveryCodes',
    description: 'The recovery codes of the account.',
    examples: [{ recoveryCodes: exampleCodes }]
  }
)

/** What takes the place of a recovery code that was used. */
export const ReplacementCode = Type.String({
  description: 'the recovery code in place of the one that was used; shown here and never again'
})

export const SecondFactorPairDocument = Type.Object(
  { ...TokenPairDocument.properties, recoveryCode: Type.Optional(ReplacementCode) },
  {
    $id: 'SecondFactorPair',
    description:
      'What a sign-in by a second factor gives. After a recovery code, the code in its place is there.',
    examples: [{ ...TokenPairDocument.examples[0], recoveryCode: exampleCodes[0] }]
  }
)
