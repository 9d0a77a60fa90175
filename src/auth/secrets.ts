import { hkdfSync, randomBytes } from 'node:crypto'
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type Config, ConfigError, isPostgres, listOf, SECRET_BYTES } from '../config.ts'
import { sqliteFile } from '../db/sqlite.ts'

/**
 * The secrets that tokens are signed with by HMAC: those of `JWT_SECRET`, then the kept one.
 * Without any key of one's own a secret is made and kept beside the SQLite file, readable by its owner only; whoever
 * sets a key later stays signed in, since the kept secret counts for as long as its file is there. A database in memory
 * gets one that lives as long as it does.
 */
export function signingSecrets({ JWT_SECRET, JWT_PRIVATE_KEY_FILE, DATABASE_URL }: Config): string[] {
  const given = JWT_SECRET ? listOf(JWT_SECRET) : []
  const hasKey = given.length > 0 || JWT_PRIVATE_KEY_FILE !== undefined
  const database = isPostgres(DATABASE_URL) ? undefined : sqliteFile(DATABASE_URL)
  if (!database) return hasKey ? given : [newSecret()]

  const kept = `${database}.key`
  if (!hasKey) keepSecret(kept)
  return hasKey && !existsSync(kept) ? given : [...given, keptSecret(kept)]
}

/**
 * Names a secret in the `kid` of the tokens that it signs, without telling anything about it. Not the thumbprint of
 * RFC 7638, which its section 7 advises against for secrets.
 */
export const keyIdOf = (secret: string): string =>
  Buffer.from(hkdfSync('sha256', secret, '', 'latchkey key id', 8)).toString('base64url')

/** A new secret, of as many random bytes as HS256 asks for. */
export const newSecret = () => randomBytes(SECRET_BYTES).toString('base64url')

/**
 * Offers a new secret at every start, of which the first one stays. It is written aside and linked into place, so that
 * of several instances that start together all read the same one, and none reads half of it.
 */
function keepSecret(file: string) {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${newSecret()}\n`, { mode: 0o600 })
  try {
    linkSync(draft, file)
  } catch {
    // An earlier start was first, or another instance; if it was neither, reading says what is wrong.
  } finally {
    rmSync(draft)
  }
}

function keptSecret(file: string): string {
  const secret = readFileSync(file, 'utf8').trim()
  if (Buffer.byteLength(secret) >= SECRET_BYTES) return secret
  throw new ConfigError(
    `${file}: ${Buffer.byteLength(secret)} bytes are not a signing key. Restore the file, or remove it to sign everybody out.`
  )
}
