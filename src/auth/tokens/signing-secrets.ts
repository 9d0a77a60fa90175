import { hkdfSync } from 'node:crypto'
import type { Config } from '../../config/config.ts'
import { generateSecret, getSecretFile, loadStoredSecret, signingSecret } from '../secrets/secret-file.ts'

/**
 * The secrets that sign tokens by HMAC: the secrets of `JWT_SECRET`, then the stored secret.
 * Without a configured key a secret is generated and stored beside the SQLite file. For a database in memory the generated
 * secret is not stored.
 * @param onCreated called with the path of the file when a secret was generated and stored
 * @throws {ConfigError} when the stored secret is too short
 */
export function loadSigningSecrets(config: Config, onCreated?: (file: string) => void): string[] {
  const { secrets: configured, keyFiles } = config.signing
  const hasConfiguredKey = configured.length + keyFiles.length > 0
  const file = getSecretFile(signingSecret, config)
  if (!file) return hasConfiguredKey ? configured : [generateSecret()]
  const stored = loadStoredSecret(signingSecret, file, !hasConfiguredKey, onCreated)
  return stored === undefined ? configured : [...configured, stored]
}

/**
 * The `kid` of a secret, which reveals nothing about the secret. RFC 7638, section 7, advises against its thumbprint for
 * secrets.
 */
export const toKeyId = (secret: string): string =>
  Buffer.from(hkdfSync('sha256', secret, '', 'latchkey key id', 8)).toString('base64url')
