import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** Lets people and secret scanners recognize a token. */
const PREFIX = 'lkp_'
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const SECRET_BYTES = 32
/** Digits of 256 bits, and of a CRC-32. */
const SECRET_LENGTH = 43
const CHECKSUM_LENGTH = 6
const FORM = new RegExp(`^${PREFIX}([0-9A-Za-z]{${SECRET_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`)

/** Writes a number in base 62, with zeros in front. */
function toBase62(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest /= 62n) text = DIGITS[Number(rest % 62n)] + text
  return text
}

/** Lets a scanner tell a token from a text that looks like one, without asking the service. */
const toChecksum = (secret: string): string => toBase62(BigInt(crc32(secret)), CHECKSUM_LENGTH)

/** Makes a token: `lkp_`, 256 random bits in base 62, and the CRC-32 of these digits in base 62. */
export function createTokenText(): string {
  const secret = toBase62(BigInt(`0x${randomBytes(SECRET_BYTES).toString('hex')}`), SECRET_LENGTH)
  return `${PREFIX}${secret}${toChecksum(secret)}`
}

/** Whether a bearer token looks like a personal access token, genuine or not. No access token begins like one. */
export const isPersonalAccessToken = (token: string): boolean => token.startsWith(PREFIX)

/**
 * What the database has of a token: its SHA-256. The token has 256 random bits, so no slow hash is needed.
 * @returns undefined for a text that is no token, as its form or its checksum shows
 */
export function hashToken(token: string): string | undefined {
  const [, secret = '', checksum] = FORM.exec(token) ?? []
  return checksum === toChecksum(secret) ? hash('sha256', token, 'base64url') : undefined
}
