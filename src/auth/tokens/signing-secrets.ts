import { hkdfSync, randomBytes } from 'node:crypto'
import { linkSync, rmSync } from 'node:fs'
import { type Config, ConfigError } from '../../config/config.ts'
import { isPostgres } from '../../config/database-url.ts'
import { MIN_SECRET_BYTES } from '../../config/environment-schema.ts'
import { toSqlitePath } from '../../db/sqlite/engine.ts'
import {
  createPrivateFile,
  pathExists,
  readPrivateFile,
  restrictToOwner
} from '../../process/private-files.ts'

/**
 * The secrets that sign tokens by HMAC: the secrets of `JWT_SECRET`, then the stored secret.
 * Without a configured key a secret is generated and stored beside the SQLite file, readable by its owner only. The stored
 * secret counts for as long as its file exists, so that nobody is signed out when a key is configured later. For a database
 * in memory the generated secret is not stored.
 * @param onCreated called with the path of the file when a secret was generated and stored
 * @throws {ConfigError} when the stored secret is too short
 */
export function loadSigningSecrets(config: Config, onCreated?: (file: string) => void): string[] {
  const { secrets: configured, keyFiles } = config.signing
  const hasConfiguredKey = configured.length + keyFiles.length > 0
  const secretFile = getSecretFile(config)
  if (!secretFile) return hasConfiguredKey ? configured : [generateSecret()]
  if (!hasConfiguredKey) ensureSecretFile(secretFile, onCreated)
  if (hasConfiguredKey && !pathExists(secretFile)) return configured
  restrictToOwner(secretFile)
  return [...configured, readSecretFile(secretFile)]
}

/** The path of the secret that belongs to a SQLite file. */
export const toSecretFile = (databaseFile: string): string => `${databaseFile}.key`

/** The path of the stored secret; undefined for a database that is no file. */
export function getSecretFile({ database: { url } }: Config): string | undefined {
  const databaseFile = isPostgres(url) ? undefined : toSqlitePath(url)
  return databaseFile && toSecretFile(databaseFile)
}

/**
 * The `kid` of a secret, which reveals nothing about the secret. RFC 7638, section 7, advises against its thumbprint for
 * secrets.
 */
export const toKeyId = (secret: string): string =>
  Buffer.from(hkdfSync('sha256', secret, '', 'latchkey key id', 8)).toString('base64url')

/** A new secret, with as many random bytes as HS256 requires. */
export const generateSecret = () => randomBytes(MIN_SECRET_BYTES).toString('base64url')

/**
 * Stores a new secret unless one is stored already. The secret is written to a temporary file and linked into place, so that
 * instances that start at the same time read the same, complete secret.
 */
function ensureSecretFile(file: string, onCreated?: (file: string) => void) {
  // The random name cannot exist yet.
  const temporaryFile = `${file}.${randomBytes(8).toString('hex')}`
  createPrivateFile(temporaryFile, `${generateSecret()}\n`)
  try {
    linkSync(temporaryFile, file)
    onCreated?.(file)
  } catch {
    // An earlier start or another instance was first. After any other fault the read that follows fails and says why.
  } finally {
    rmSync(temporaryFile)
  }
}

/**
 * Reads a stored secret.
 * @throws {ConfigError} when the file is too short for one
 */
export function readSecretFile(file: string): string {
  const secret = readPrivateFile(file).toString().trim()
  if (Buffer.byteLength(secret) >= MIN_SECRET_BYTES) return secret
  throw new ConfigError(
    `${file}: ${Buffer.byteLength(secret)} bytes are not a signing key. Restore the file, or remove it to sign everybody out.`
  )
}
