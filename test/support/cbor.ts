/** What the tests write in CBOR. */
export type CborValue = number | string | Uint8Array | readonly CborValue[] | Map<number | string, CborValue>

/** The length or the number after the kind of an item. */
function head(kind: number, size: number): Buffer {
  if (size < 24) return Buffer.of((kind << 5) | size)
  if (size < 0x100) return Buffer.of((kind << 5) | 24, size)
  if (size < 0x10000) return Buffer.of((kind << 5) | 25, size >> 8, size & 0xff)
  const bytes = Buffer.alloc(5, (kind << 5) | 26)
  bytes.writeUInt32BE(size, 1)
  return bytes
}

/** Encodes a value in CBOR (RFC 8949), as authenticators do. */
export function toCbor(value: CborValue): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  if (value instanceof Map)
    return Buffer.concat([
      head(5, value.size),
      ...Array.from(value).flatMap(([key, item]) => [toCbor(key), toCbor(item)])
    ])
  return Buffer.concat([head(4, value.length), ...value.map(toCbor)])
}
