import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { calculateJwkThumbprint, type KeyAlgorithm } from '../../src/auth/tokens/jwk.ts'
import type { Settings } from '../support/service.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-keys-'))
t.teardown(() => rmSync(folder, { recursive: true }))

/** Writes a file of its own name. @returns its path */
export function writeKeyFile(name: string, content: string | Buffer) {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

export const toPem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()

/** A pair of keys, with the path of the private one. */
function writeKeyPair(
  name: string,
  { privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }
) {
  return { file: writeKeyFile(`${name}.pem`, toPem(privateKey)), privateKey, publicKey }
}

export const createEd25519Key = (name: string) => writeKeyPair(name, generateKeyPairSync('ed25519'))
export const createP256Key = (name: string) =>
  writeKeyPair(name, generateKeyPairSync('ec', { namedCurve: 'P-256' }))
export const createRsaKey = (name: string) =>
  writeKeyPair(name, generateKeyPairSync('rsa', { modulusLength: 2048 }))

export const [ed, ec, rs] = [createEd25519Key('ed'), createP256Key('ec'), createRsaKey('rsa')]

/** One key of each kind, with the members of its JWK. */
export const keyKinds = [
  { algorithm: 'EdDSA', kty: 'OKP', members: ['crv', 'x'], ...ed },
  { algorithm: 'ES256', kty: 'EC', members: ['crv', 'x', 'y'], ...ec },
  { algorithm: 'RS256', kty: 'RSA', members: ['n', 'e'], ...rs }
] as const satisfies { algorithm: KeyAlgorithm; [more: string]: unknown }[]

export const toKid = ({ publicKey }: { publicKey: KeyObject }) =>
  calculateJwkThumbprint(publicKey.export({ format: 'jwk' }))

/** The settings of a service with private keys and no secret. */
export const toKeySettings = (...files: string[]): Settings => ({
  JWT_SECRET: '',
  JWT_PRIVATE_KEY_FILE: files.join(', ')
})
