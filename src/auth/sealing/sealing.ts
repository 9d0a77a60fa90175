import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes
} from 'node:crypto'
import { Problem } from '../../problems/problem.ts'

/** What a sealed value belongs to. It opens for nothing else. */
export interface SealedFor {
  readonly purpose: string
  readonly userId: string
  /** Of the row. */
  readonly id: string
}

/** An opened value. */
export interface Opened {
  readonly value: Buffer
  /** Whether the newest key has sealed it. */
  readonly isCurrent: boolean
}

/** Seals what is stored and must be read again, so that a stolen database tells nothing. */
export interface Sealing {
  /** The ids of the keys, that which seals first. */
  readonly keyIds: readonly string[]
  /** @throws {Problem} `sealing_not_configured` */
  readonly assertConfigured: () => void
  /** @throws {Problem} `sealing_not_configured` */
  readonly seal: (value: Buffer, owner: SealedFor) => string
  /** @returns undefined when no key of the service opens the text, or it belongs to something else */
  readonly open: (text: string, owner: SealedFor) => Opened | undefined
}

interface SealingKey {
  readonly id: string
  readonly key: KeyObject
}

const VERSION = 'v1'
/** Bytes of the id of a key. */
const KEY_ID_BYTES = 8
const CIPHER = 'aes-256-gcm'
/** Bytes of a nonce and of a tag (NIST SP 800-38D, sections 5.2.1.1 and 5.2.1.2). */
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Seals by AES-256-GCM (NIST SP 800-38D): `v1.<key id>.<nonce, ciphertext and tag>`. Nonces are random, as there are far fewer
 * than 2^32 values under one key.
 * @param secrets the first seals, all open; none where no key is configured
 * @param onUnknownKey called when a text cannot be opened because its key is not among them
 */
export function createSealing(secrets: readonly string[], onUnknownKey = () => {}): Sealing {
  const keys = secrets.map(toSealingKey)
  const [current] = keys

  function getCurrentKey(): SealingKey {
    if (!current) throw new Problem('sealing_not_configured')
    return current
  }

  return {
    keyIds: keys.map(({ id }) => id),

    assertConfigured: () => void getCurrentKey(),

    seal(value, owner) {
      const { id, key } = getCurrentKey()
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(toAssociatedData(id, owner))
      const sealed = Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()])
      return `${VERSION}.${id}.${sealed.toString('base64url')}`
    },

    open(text, owner) {
      const [version, keyId, sealed = ''] = text.split('.')
      const found = keys.find(({ id }) => id === keyId)
      if (version !== VERSION || !found) {
        onUnknownKey()
        return undefined
      }
      const value = decrypt(found, Buffer.from(sealed, 'base64url'), owner)
      return value && { value, isCurrent: found === current }
    }
  }
}

/** SQL for the id of the key that has sealed the text of a column. */
export const toKeyIdSql = (column: string): string =>
  `substr(${column}, ${VERSION.length + 2}, ${Math.ceil((KEY_ID_BYTES * 8) / 6)})`

/** The id reveals nothing about the secret. */
const toSealingKey = (secret: string): SealingKey => {
  const derive = (info: string, bytes: number) => Buffer.from(hkdfSync('sha256', secret, '', info, bytes))
  return {
    id: derive('latchkey sealing key id', KEY_ID_BYTES).toString('base64url'),
    key: createSecretKey(derive('latchkey sealing', 32))
  }
}

/** Binds a sealed value to its key and its owner: copied into another row, it does not open. */
const toAssociatedData = (keyId: string, { purpose, userId, id }: SealedFor) =>
  Buffer.from(JSON.stringify([VERSION, keyId, purpose, userId, id]))

/** @returns undefined when the tag is wrong */
function decrypt({ id, key }: SealingKey, sealed: Buffer, owner: SealedFor): Buffer | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES))
    .setAAD(toAssociatedData(id, owner))
    .setAuthTag(sealed.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  } catch {
    return undefined
  }
}
