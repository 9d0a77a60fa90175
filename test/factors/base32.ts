const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The bytes of a secret in base32. */
export function fromBase32(text: string): Buffer {
  const bits = Array.from(text, character => ALPHABET.indexOf(character).toString(2).padStart(5, '0')).join(
    ''
  )
  return Buffer.from((bits.match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2)))
}
