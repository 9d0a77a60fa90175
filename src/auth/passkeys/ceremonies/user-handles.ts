import { fromIdBytes, ID_BYTES } from './binary.ts'

/** Reads the user handle of a passkey: the bytes of the user's id. @returns undefined for one that this service has not made */
export function parseUserHandle(userHandle: string): string | undefined {
  const bytes = Buffer.from(userHandle, 'base64url')
  return bytes.length === ID_BYTES ? fromIdBytes(bytes) : undefined
}
