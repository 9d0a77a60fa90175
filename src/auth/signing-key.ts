import { hkdfSync, randomBytes } from 'node:crypto'
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type Config, ConfigError, listOf, SECRET_BYTES } from '../config.ts'
import { sqliteFile } from '../db/sqlite.ts'

/**
 * The secrets that tokens are signed with: the first signs, all verify.
 * Without `JWT_SECRET` one is made and kept beside the SQLite file, readable by its owner only;
 * a database in memory gets one that lives as long as it does.
 */
export function signingSecrets({ JWT_SECRET, DATABASE_URL }: Config): [string, ...string[]] {
  if (JWT_SECRET) return listOf(JWT_SECRET) as [string, ...string[]]
  const database = sqliteFile(DATABASE_URL)
  return [database ? keptSecret(`${database}.key`) : newSecret()]
}

/**
 * Names a secret in the `kid` of the tokens that it signs, without telling anything about it. Not the thumbprint of
 * RFC 7638, which its section 7 advises against for secrets.
 */
export const keyIdOf = (secret: string): string =>
  Buffer.from(hkdfSync('sha256', secret, '', 'latchkey key id', 8)).toString('base64url')

const newSecret = () => randomBytes(SECRET_BYTES).toString('base64url')

/**
 * Offers a new secret at every start, of which the first one stays. It is written aside and linked into place, so that
 * of several instances that start together all read the same one, and none reads half of it.
 */
function keptSecret(file: string): string {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${newSecret()}\n`, { mode: 0o600 })
  try {
    linkSync(draft, file)
  } catch {
    // An earlier start was first, or another instance; if it was neither, reading says what is wrong.
  } finally {
    rmSync(draft)
  }

  const secret = readFileSync(file, 'utf8').trim()
  if (Buffer.byteLength(secret) >= SECRET_BYTES) return secret
  throw new ConfigError(
    `${file}: ${Buffer.byteLength(secret)} bytes are not a signing key. Restore the file, or remove it to sign everybody out.`
  )
}
