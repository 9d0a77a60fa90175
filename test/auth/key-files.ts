import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type KeyAlgorithm, thumbprintOf } from '../../src/auth/jwk.ts'
import type { Settings } from '../service.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-keys-'))
t.teardown(() => rmSync(folder, { recursive: true }))

/** Writes a file of its own name. @returns its path */
export function keep(name: string, content: string | Buffer) {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

export const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()

/** A pair of keys, with the path of the private one. */
function pair(name: string, { privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }) {
  return { file: keep(`${name}.pem`, pem(privateKey)), privateKey, publicKey }
}

export const ed25519 = (name: string) => pair(name, generateKeyPairSync('ed25519'))
export const p256 = (name: string) => pair(name, generateKeyPairSync('ec', { namedCurve: 'P-256' }))
export const rsa = (name: string) => pair(name, generateKeyPairSync('rsa', { modulusLength: 2048 }))

export const [ed, ec, rs] = [ed25519('ed'), p256('ec'), rsa('rsa')]

/** One key of each kind, with the members of its JWK. */
export const kinds = [
  { algorithm: 'EdDSA', kty: 'OKP', members: ['crv', 'x'], ...ed },
  { algorithm: 'ES256', kty: 'EC', members: ['crv', 'x', 'y'], ...ec },
  { algorithm: 'RS256', kty: 'RSA', members: ['n', 'e'], ...rs }
] as const satisfies { algorithm: KeyAlgorithm; [more: string]: unknown }[]

export const kidOf = ({ publicKey }: { publicKey: KeyObject }) =>
  thumbprintOf(publicKey.export({ format: 'jwk' }))

/** The settings of a service with private keys and no secret. */
export const keyed = (...files: string[]): Settings => ({
  JWT_SECRET: '',
  JWT_PRIVATE_KEY_FILE: files.join(', ')
})
