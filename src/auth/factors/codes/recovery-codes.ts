import { randomBytes } from 'node:crypto'
import { hashSubject } from '../../hash-subject.ts'
import { CROCKFORD, toBase32 } from './base32.ts'

/** Codes that an account is given at a time. */
export const RECOVERY_CODES = 10
/** Bytes of a code: 120 bits, of which 112 would do (NIST SP 800-63B-4, section 3.1.2.2). They make 24 characters. */
const CODE_BYTES = 15
/** Spaces and hyphens of any kind. */
const SEPARATORS = /[\s\p{Pd}]/gu

/** A new recovery code, in groups of six characters. */
export const createRecoveryCode = (): string =>
  toBase32(randomBytes(CODE_BYTES), CROCKFORD).replace(/.{6}(?=.)/g, '$&-')

/** A code as it was made: whatever its case and its separators, with the letters that look like digits as digits. */
const normalize = (code: string) =>
  code.replace(SEPARATORS, '').toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1')

/** The id of a code's row. The code has so many bits that its hash needs no salt (NIST SP 800-63B-4, section 3.1.2.2). */
export const hashRecoveryCode = (userId: string, code: string): string =>
  hashSubject('recovery code', userId, normalize(code))
