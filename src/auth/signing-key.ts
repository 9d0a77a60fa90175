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

const newSecret = () => randomBytes(32).toString('base64url')

function keptSecret(file: string): string {
  const secret = read(file) ?? write(file)
  if (Buffer.byteLength(secret) < SECRET_BYTES)
    throw new ConfigError(
      `${file}: ${Buffer.byteLength(secret)} bytes are not a signing key. Restore the file, or remove it to sign everybody out.`
    )
  return secret
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Written aside and linked into place: another instance that starts meanwhile sees all of it or nothing. */
function write(file: string): string {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${newSecret()}\n`, { mode: 0o600 })
  try {
    linkSync(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
  return readFileSync(file, 'utf8').trim()
}
