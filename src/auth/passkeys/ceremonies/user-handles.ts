import { UUID } from 'uuidv7'

/** The bytes of a UUID. */
const ID_BYTES = 16

/** The 16 bytes of an id. */
export const toIdBytes = (id: string): Uint8Array<ArrayBuffer> => Uint8Array.from(UUID.parse(id).bytes)

/** The id that 16 bytes stand for. */
const fromIdBytes = (bytes: Uint8Array): string => UUID.ofInner(Uint8Array.from(bytes)).toString()

/** Reads the user handle of a passkey: the bytes of the user's id. @returns undefined for one that this service has not made */
export function parseUserHandle(userHandle: string): string | undefined {
  const bytes = Buffer.from(userHandle, 'base64url')
  return bytes.length === ID_BYTES ? fromIdBytes(bytes) : undefined
}
