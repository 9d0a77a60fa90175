import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { generateSecret } from '../../auth/secrets/secret-file.ts'
import { type KeyAlgorithm, toPublicJwk } from '../../auth/tokens/jwk.ts'
import { createParentFolder, createPrivateFile } from '../../process/private-files.ts'
import type { Command } from '../command.ts'
import { CommandError } from '../exit-codes.ts'

/** Bits of a new RSA key, strong enough beyond 2030 (NIST SP 800-57, part 1, table 4). */
const NEW_RSA_BITS = 3072

const keyGenerators: Record<KeyAlgorithm, () => { privateKey: KeyObject }> = {
  EdDSA: () => generateKeyPairSync('ed25519'),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: NEW_RSA_BITS })
}
const isKeyAlgorithm = (name: string): name is KeyAlgorithm => Object.hasOwn(keyGenerators, name)

const generateKey: Command = {
  description: 'Creates a key that signs tokens, and prints lines for .env.',
  options: {
    algorithm: {
      type: 'string',
      default: 'EdDSA',
      placeholder: 'NAME',
      help: 'EdDSA (the default), ES256 or RS256: a private key in a file; HS256: a printed secret'
    },
    out: {
      type: 'string',
      placeholder: 'FILE',
      help: 'the file, by default ./data/signing-key-<kid>.pem; only you can read it; no file is overwritten'
    }
  },

  async run({ values: { algorithm, out }, report }) {
    if (algorithm === 'HS256' && out)
      throw new CommandError('usage', '--out: a secret is printed, not written to a file. Omit --out.')
    if (algorithm === 'HS256') {
      const secret = generateSecret()
      return report({ algorithm, secret }, `JWT_SECRET=${secret}\n`)
    }
    if (!isKeyAlgorithm(`${algorithm}`))
      throw new CommandError(
        'usage',
        `--algorithm: ${JSON.stringify(algorithm)} is not accepted. Give EdDSA, ES256, RS256 or HS256.`
      )

    const { privateKey } = keyGenerators[algorithm as KeyAlgorithm]()
    const { kid } = toPublicJwk(privateKey, algorithm as KeyAlgorithm)
    const file = `${out ?? `./data/signing-key-${kid}.pem`}`
    writePrivateKey(file, privateKey)
    report({ algorithm, kid, file }, `# ${algorithm}, kid ${kid}\nJWT_PRIVATE_KEY_FILE=${file}\n`)
  }
}

function writePrivateKey(file: string, privateKey: KeyObject) {
  createParentFolder(file)
  try {
    createPrivateFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new CommandError(
      'exists',
      `--out: ${JSON.stringify(file)} exists already. Give another file, or remove this one.`
    )
  }
}

export default generateKey
