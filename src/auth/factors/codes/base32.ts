/** The alphabet of RFC 4648, section 6, in which authenticator apps take secrets. */
export const RFC_4648 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** Crockford's alphabet, which has no I, L, O and U: people read and type these (https://www.crockford.com/base32.html). */
export const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Writes bytes in base32, without padding: five bytes make eight characters. */
export function toBase32(bytes: Uint8Array, alphabet: string): string {
  const bits = Array.from(bytes, byte => byte.toString(2).padStart(8, '0')).join('')
  return bits.replace(/.{5}/g, group => alphabet.charAt(Number.parseInt(group, 2)))
}
