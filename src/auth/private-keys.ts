import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError, Environment, listOf, RSA_BITS } from '../config.ts'
import type { KeyAlgorithm } from './jwk.ts'

/** Of PKCS#8 (RFC 7468, section 11) and of the older forms. */
const IS_ENCRYPTED = /^(-----BEGIN ENCRYPTED |Proc-Type: 4,ENCRYPTED)/m

/** A private key, and the only algorithm that it signs by: the key decides, never a token (RFC 8725, section 3.1). */
export interface PrivateKey {
  readonly key: KeyObject
  readonly algorithm: KeyAlgorithm
}

/**
 * Reads private keys.
 * @param files the paths, separated by commas
 * @throws {ConfigError} naming each file that is not accepted and its fault; nothing of what it holds
 */
export function readPrivateKeys(files: string): PrivateKey[] {
  const faults: string[] = []
  const keys = listOf(files).flatMap(file => {
    try {
      return [readPrivateKey(file)]
    } catch (error) {
      faults.push((error as ConfigError).message)
      return []
    }
  })
  if (faults.length > 0) throw new ConfigError(...faults)
  return keys
}

function readPrivateKey(file: string): PrivateKey {
  const given = parse(file, read(file))
  const algorithm = algorithmOf(given)
  if (!algorithm) return refuse(file, `its key is of another kind (${kindOf(given)})`)
  // One key can be written in many ways; the library that signs knows some of them only.
  const key = createPrivateKey({ key: given.export({ format: 'jwk' }), format: 'jwk' })
  return { key, algorithm }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    return refuse(file, `it cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function parse(file: string, pem: string): KeyObject {
  const labels = Array.from(pem.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----/gm), ([, label]) => `${label}`)
  const { length } = labels.filter(label => label.endsWith('PRIVATE KEY'))
  if (labels.length === 0) return refuse(file, 'it is not PEM')
  if (length === 0) return refuse(file, `it holds no private key (but: ${labels[0]})`)
  // The second one would be passed over in silence, and its tokens refused.
  if (length > 1) return refuse(file, `it holds ${length} private keys`)
  if (IS_ENCRYPTED.test(pem)) return refuse(file, 'its key is encrypted')
  try {
    return createPrivateKey(pem)
  } catch {
    return refuse(file, 'its key is damaged, or in another format')
  }
}

function algorithmOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject) {
  if (type === 'ed25519') return 'EdDSA'
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256'
  if (type === 'rsa' && Number(details?.modulusLength) >= RSA_BITS) return 'RS256'
  return undefined
}

const kindOf = ({ asymmetricKeyType, asymmetricKeyDetails: details }: KeyObject) =>
  [asymmetricKeyType, details?.namedCurve, details?.modulusLength && `${details.modulusLength} bits`]
    .filter(Boolean)
    .join(', ')

function refuse(file: string, fault: string): never {
  const { description } = Environment.properties.JWT_PRIVATE_KEY_FILE
  throw new ConfigError(
    `JWT_PRIVATE_KEY_FILE: ${JSON.stringify(file)} is not accepted: ${fault}. Give ${description}.`
  )
}
