import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { type KeyAlgorithm, publicJwkOf } from './auth/jwk.ts'
import { newSecret } from './auth/secrets.ts'

const HELP = `Makes a key to sign tokens with, and prints the line to put into .env.

  npm run keys:generate -- [--algorithm NAME] [--out FILE]

  --algorithm  EdDSA (the default), ES256 or RS256: a private key, written to a file that only you can read;
               HS256: a secret, printed and nowhere kept
  --out        the file of the private key, ./data/signing-key-<kid>.pem if not given; none is ever overwritten
  --help       this text
`

/** Bits of a new RSA key: enough beyond the year 2030 (NIST SP 800-57, part 1, table 4). */
const NEW_RSA_BITS = 3072

const generators: Record<KeyAlgorithm, () => { privateKey: KeyObject }> = {
  EdDSA: () => generateKeyPairSync('ed25519'),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: NEW_RSA_BITS })
}
const isKeyAlgorithm = (name: string): name is KeyAlgorithm => Object.hasOwn(generators, name)

/** @returns what to print: lines that can be appended to `.env` as they are */
function generate(args: string[]): string {
  const { values } = parseArgs({
    args,
    options: {
      algorithm: { type: 'string', default: 'EdDSA' },
      out: { type: 'string' },
      help: { type: 'boolean', short: 'h' }
    }
  })
  const { algorithm, out, help } = values
  if (help) return HELP
  if (algorithm === 'HS256' && out) throw new Error('--out: a secret is printed, not written. Leave it out.')
  if (algorithm === 'HS256') return `JWT_SECRET=${newSecret()}\n`
  if (!isKeyAlgorithm(algorithm))
    throw new Error(
      `--algorithm: ${JSON.stringify(algorithm)} is not accepted. Give EdDSA, ES256, RS256 or HS256.`
    )

  const { privateKey } = generators[algorithm]()
  const { kid } = publicJwkOf(privateKey, algorithm)
  const file = out ?? `./data/signing-key-${kid}.pem`
  write(file, privateKey)
  return `# ${algorithm}, kid ${kid}\nJWT_PRIVATE_KEY_FILE=${file}\n`
}

function write(file: string, privateKey: KeyObject) {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  try {
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new Error(`--out: ${JSON.stringify(file)} is there already. Give another file, or remove this one.`)
  }
}

try {
  process.stdout.write(generate(process.argv.slice(2)))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
