import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, rmSync } from 'node:fs'
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

/** A secret that the service keeps in a file beside the SQLite database. */
export interface SecretKind {
  /** What follows the path of the database. */
  readonly suffix: string
  /** What the secret is, with an article, and what happens without it: for messages. */
  readonly name: string
  readonly loss: string
}

export const signingSecret: SecretKind = {
  suffix: '.key',
  name: 'a signing key',
  loss: 'to sign everybody out'
}

export const sealingSecret: SecretKind = {
  suffix: '.sealing.key',
  name: 'a sealing key',
  loss: 'to make all authenticator apps worthless'
}

/** The secrets that may lie beside a database. Each is backed up and restored with it. */
export const secretKinds: readonly SecretKind[] = [signingSecret, sealingSecret]

/** The path of a secret that belongs to a SQLite file. */
export const toSecretFile = ({ suffix }: SecretKind, databaseFile: string): string =>
  `${databaseFile}${suffix}`

/** The path of the stored secret; undefined for a database that is no file. */
export function getSecretFile(kind: SecretKind, { database: { url } }: Config): string | undefined {
  const databaseFile = isPostgres(url) ? undefined : toSqlitePath(url)
  return databaseFile && toSecretFile(kind, databaseFile)
}

/** A stored secret on its way to another database. */
export interface StoredSecret {
  readonly kind: SecretKind
  /** The path that it is for. */
  readonly to: string
  readonly secret: Buffer
}

/** Reads the secrets beside a SQLite file, for those beside another. */
export const readStoredSecrets = (databaseFile: string, target: string): StoredSecret[] =>
  secretKinds
    .map(kind => ({ kind, from: toSecretFile(kind, databaseFile), to: toSecretFile(kind, target) }))
    .filter(({ from }) => existsSync(from))
    .map(({ kind, from, to }) => ({ kind, to, secret: readPrivateFile(from) }))

/** A new secret, with as many random bytes as HS256 requires. */
export const generateSecret = () => randomBytes(MIN_SECRET_BYTES).toString('base64url')

/**
 * Loads the stored secret of a SQLite file. Without a configured key it is made, readable by its owner only. It counts for as
 * long as its file exists, so that what was made with it stays good when a key is configured later.
 * @param isNeeded whether there is no configured key
 * @param onCreated called with the path of the file when a secret was made
 * @returns undefined when there is none
 * @throws {ConfigError} when the stored secret is too short
 */
export function loadStoredSecret(
  kind: SecretKind,
  file: string,
  isNeeded: boolean,
  onCreated?: (file: string) => void
): string | undefined {
  if (isNeeded) ensureSecretFile(file, onCreated)
  if (!isNeeded && !pathExists(file)) return undefined
  restrictToOwner(file)
  return readSecretFile(kind, file)
}

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
export function readSecretFile({ name, loss }: SecretKind, file: string): string {
  const secret = readPrivateFile(file).toString().trim()
  if (Buffer.byteLength(secret) >= MIN_SECRET_BYTES) return secret
  throw new ConfigError(
    `${file}: ${Buffer.byteLength(secret)} bytes are not ${name}. Restore the file, or remove it ${loss}.`
  )
}
