import { UUID } from 'uuidv7'

/** The bytes of an id. */
export const ID_BYTES = 16

export const toIdBytes = (id: string): Uint8Array<ArrayBuffer> => Uint8Array.from(UUID.parse(id).bytes)

/** The id that 16 bytes stand for. */
export const fromIdBytes = (bytes: Uint8Array): string => UUID.ofInner(Uint8Array.from(bytes)).toString()

export const toBase64Url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

/** The bytes of a text, in an array of their own, as the library takes them. */
export const fromBase64Url = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.from(text, 'base64url'))
