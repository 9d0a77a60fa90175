import { createHash, hash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { UUID } from 'uuidv7'
import { canonicalJson } from '../../http/canonical-json.ts'
import { toSlices } from './import-lines.ts'

/** A hash of the lines of an import, equal for lines that are equal as JSON. Every line must be JSON. */
export async function fingerprintLines(text: string): Promise<string> {
  const fingerprint = createHash('sha256')
  for (const { lines } of toSlices(text)) {
    for (const line of lines) fingerprint.update(`${canonicalJson(JSON.parse(line))}\n`)
    await nextTurn()
  }
  return fingerprint.digest('base64url')
}

/** Bytes that are hashed in one turn of the event loop, about a millisecond. */
const HASH_LENGTH = 1_048_576

/** A hash of a file, and of what else a request says. */
export async function fingerprintBytes(bytes: Buffer, parts: readonly string[]): Promise<string> {
  const fingerprint = createHash('sha256').update(JSON.stringify(parts))
  for (let start = 0; start < bytes.length; start += HASH_LENGTH) {
    fingerprint.update(bytes.subarray(start, start + HASH_LENGTH))
    await nextTurn()
  }
  return fingerprint.digest('base64url')
}

/**
 * The id of the todo of a line (UUIDv8; RFC 9562, section 5.8), made from what identifies the line. Thus the repetition of an
 * import that broke off creates no todo twice.
 */
export function createLineId(...parts: readonly (string | number)[]): string {
  const bytes = Uint8Array.from(hash('sha256', JSON.stringify(parts), 'buffer').subarray(0, 16))
  const [version = 0, variant = 0] = [bytes[6], bytes[8]]
  bytes[6] = 0x80 | (version & 0x0f)
  bytes[8] = 0x80 | (variant & 0x3f)
  return UUID.ofInner(bytes).toString()
}
