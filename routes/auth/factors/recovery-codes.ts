import { Type } from '@sinclair/typebox'
import { RECOVERY_CODES } from '../../../src/auth/factors/codes/recovery-codes.ts'

export const exampleCodes = ['7ZKM4T-0QW8RB-XN2PCV-5HGD9S', 'E1FJ60-YA3T8V-QMZ4RW-K9C2XB']

/** The first recovery codes of an account, or new ones. */
export const RecoveryCodeList = Type.Unsafe<readonly string[]>({
  type: 'array',
  items: { type: 'string' },
  description: `${RECOVERY_CODES} codes, each good once, in place of a second factor; shown here and never again`
})
