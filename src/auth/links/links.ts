import { Type } from '@sinclair/typebox'
import type { DeriveKeys } from '../../process/derived-keys.ts'
import { createSignedLinks } from './signed-links.ts'

const ResetClaims = Type.Object({
  userId: Type.String(),
  passwordVersion: Type.Integer(),
  emailVersion: Type.Integer(),
  /** In milliseconds since 1970. */
  expiresAt: Type.Integer()
})

const RowClaims = Type.Object({ id: Type.String() })

/**
 * The links of mails. A link to reset the password is void once the password or the e-mail has changed. The other two name a
 * row, which is removed by their use.
 */
export const createLinks = (deriveKeys: DeriveKeys) => ({
  reset: createSignedLinks('lks_', deriveKeys('password reset'), ResetClaims),
  revert: createSignedLinks('lkb_', deriveKeys('e-mail revert'), RowClaims),
  invitation: createSignedLinks('lki_', deriveKeys('invitation'), RowClaims)
})

export type Links = ReturnType<typeof createLinks>
