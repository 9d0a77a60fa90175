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
 * The secrets that tokens are signed with by HMAC: those of `JWT_SECRET`, then the kept one.
 * Without any key of one's own a secret is made and kept beside the SQLite file, readable by its owner only; whoever
 * sets a key later stays signed in, since the kept secret counts for as long as its file is there. A database in memory
 * gets one that lives as long as it does.
 * @param onCreated is told of the file when one was made
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

/** The file in which a secret is kept for want of any key of one's own, where there is or may be one. */
export function getSecretFile({ database: { url } }: Config): string | undefined {
  const databaseFile = isPostgres(url) ? undefined : toSqlitePath(url)
  return databaseFile && `${databaseFile}.key`
}

/**
 * Names a secret in the `kid` of the tokens that it signs, without telling anything about it. Not the thumbprint of
 * RFC 7638, which its section 7 advises against for secrets.
 */
export const toKeyId = (secret: string): string =>
  Buffer.from(hkdfSync('sha256', secret, '', 'latchkey key id', 8)).toString('base64url')

/** A new secret, of as many random bytes as HS256 asks for. */
export const generateSecret = () => randomBytes(MIN_SECRET_BYTES).toString('base64url')

/**
 * Offers a new secret at every start, of which the first one stays. It is written aside and linked into place, so that
 * of several instances that start together all read the same one, and none reads half of it.
 */
function ensureSecretFile(file: string, onCreated?: (file: string) => void) {
  // A name that nobody can have taken before.
  const temporaryFile = `${file}.${randomBytes(8).toString('hex')}`
  createPrivateFile(temporaryFile, `${generateSecret()}\n`)
  try {
    linkSync(temporaryFile, file)
    onCreated?.(file)
  } catch {
    // An earlier start was first, or another instance; if it was neither, reading says what is wrong.
  } finally {
    rmSync(temporaryFile)
  }
}

/**
 * Reads the kept secret.
 * @throws {ConfigError} when it is none
 */
export function readSecretFile(file: string): string {
  const secret = readPrivateFile(file).toString().trim()
  if (Buffer.byteLength(secret) >= MIN_SECRET_BYTES) return secret
  throw new ConfigError(
    `${file}: ${Buffer.byteLength(secret)} bytes are not a signing key. Restore the file, or remove it to sign everybody out.`
  )
}
