/** Digits of a code. */
const DIGITS = 6

/** Makes a code of six digits from a MAC, as HOTP does (RFC 4226, section 5.3). */
export function toOneTimeCode(mac: Buffer): string {
  const offset = mac.readUInt8(mac.length - 1) & 0xf
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0')
}
