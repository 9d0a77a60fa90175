import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { ConfigError } from '../../config/config.ts'
import { Environment, MIN_RSA_BITS } from '../../config/environment-schema.ts'
import type { KeyAlgorithm } from './jwk.ts'

/** Marks an encrypted key, in PKCS#8 (RFC 7468, section 11) and in older formats. */
const ENCRYPTED_PEM = /^(-----BEGIN ENCRYPTED |Proc-Type: 4,ENCRYPTED)/m

/** A private key with its only algorithm. The key decides the algorithm, never a token (RFC 8725, section 3.1). */
export interface PrivateKey {
  readonly key: KeyObject
  readonly algorithm: KeyAlgorithm
}

/**
 * Reads private keys.
 * @param files the paths, separated by commas
 * @throws {ConfigError} with the path and the fault of each file that is not accepted, and nothing of its content
 */
export function readPrivateKeys(files: readonly string[]): PrivateKey[] {
  const messages: string[] = []
  const keys = files.flatMap(file => {
    try {
      return [readPrivateKey(file)]
    } catch (error) {
      messages.push((error as ConfigError).message)
      return []
    }
  })
  if (messages.length > 0) throw new ConfigError(...messages)
  return keys
}

function readPrivateKey(file: string): PrivateKey {
  const parsedKey = parsePem(file, readKeyFile(file))
  const algorithm = getAlgorithm(parsedKey)
  if (!algorithm) return rejectKeyFile(file, `its key is of another kind (${describeKey(parsedKey)})`)
  // PEM can encode a key in many ways, and the JWT library knows only some of them.
  const key = createPrivateKey({ key: parsedKey.export({ format: 'jwk' }), format: 'jwk' })
  return { key, algorithm }
}

function readKeyFile(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false })
  // A pipe could keep the start waiting.
  if (stats && !stats.isFile()) return rejectKeyFile(file, 'it is not a file')
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    return rejectKeyFile(file, `it cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function parsePem(file: string, pem: string): KeyObject {
  const labels = Array.from(pem.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----/gm), ([, label]) => `${label}`)
  const { length } = labels.filter(label => label.endsWith('PRIVATE KEY'))
  if (labels.length === 0) return rejectKeyFile(file, 'it is not PEM')
  if (length === 0) return rejectKeyFile(file, `it holds no private key (but: ${labels[0]})`)
  // Node would ignore the second key without a word, and the service would refuse its tokens.
  if (length > 1) return rejectKeyFile(file, `it holds ${length} private keys`)
  if (ENCRYPTED_PEM.test(pem)) return rejectKeyFile(file, 'its key is encrypted')
  try {
    return createPrivateKey(pem)
  } catch {
    return rejectKeyFile(file, 'its key is damaged, or in another format')
  }
}

function getAlgorithm({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject) {
  if (type === 'ed25519') return 'EdDSA'
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256'
  if (type === 'rsa' && Number(details?.modulusLength) >= MIN_RSA_BITS) return 'RS256'
  return undefined
}

const describeKey = ({ asymmetricKeyType, asymmetricKeyDetails: details }: KeyObject) =>
  [asymmetricKeyType, details?.namedCurve, details?.modulusLength && `${details.modulusLength} bits`]
    .filter(Boolean)
    .join(', ')

function rejectKeyFile(file: string, reason: string): never {
  const { description } = Environment.properties.JWT_PRIVATE_KEY_FILE
  throw new ConfigError(
    `JWT_PRIVATE_KEY_FILE: ${JSON.stringify(file)} is not accepted: ${reason}. Give ${description}.`
  )
}
