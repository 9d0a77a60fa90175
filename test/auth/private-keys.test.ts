import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { loadSigningKeys } from '../../src/auth/tokens/signing-keys.ts'
import { ConfigError, readConfig } from '../../src/config/config.ts'
import { Environment } from '../../src/config/environment-schema.ts'
import { runServe } from '../support/process.ts'
import { ec, ed, keyKinds, rs, toKid, toPem, writeKeyFile } from './key-files.ts'

t.test('private keys in the formats of other tools are accepted', async t => {
  const cases: [name: string, content: string | Buffer, key: typeof ed, algorithm: string][] = [
    ['pkcs1', rs.privateKey.export({ type: 'pkcs1', format: 'pem' }), rs, 'RS256'],
    ['sec1', ec.privateKey.export({ type: 'sec1', format: 'pem' }), ec, 'ES256'],
    [
      'parameters-first',
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${toPem(ec.privateKey)}`,
      ec,
      'ES256'
    ],
    [
      'with-its-public-key',
      ed.publicKey.export({ type: 'spki', format: 'pem' }) + toPem(ed.privateKey),
      ed,
      'EdDSA'
    ],
    ['commented', `of Ada, for 2026\n${toPem(ed.privateKey).replaceAll('\n', '\r\n')}`, ed, 'EdDSA']
  ]
  for (const [name, content, key, algorithm] of cases) {
    const config = readConfig({
      DATABASE_URL: ':memory:',
      JWT_PRIVATE_KEY_FILE: writeKeyFile(`${name}.pem`, content)
    })
    t.match(loadSigningKeys(config), [{ id: toKid(key), algorithm }], name)
  }
})

const accepted =
  'Give one or more PEM files, separated by commas, each with a private key: Ed25519, P-256 or RSA of at least 2048 bits.'

t.test(
  '[R8725-3.5] a key that is not accepted stops the start: the variable, the file, its fault, what is accepted',
  async t => {
    const ecOn = (namedCurve: string) => toPem(generateKeyPairSync('ec', { namedCurve }).privateKey)
    const cipher = { cipher: 'aes-256-cbc', passphrase: 'secret' }
    const [first = '', , ...rest] = toPem(rs.privateKey).split('\n')
    const cases: [name: string, content: string | Buffer, fault: string][] = [
      ['empty', '', 'it is not PEM'],
      ['der', ed.privateKey.export({ type: 'pkcs8', format: 'der' }), 'it is not PEM'],
      ['jwk', JSON.stringify(ed.privateKey.export({ format: 'jwk' })), 'it is not PEM'],
      [
        'public',
        ed.publicKey.export({ type: 'spki', format: 'pem' }),
        'it holds no private key (but: PUBLIC KEY)'
      ],
      [
        'public-rsa',
        rs.publicKey.export({ type: 'pkcs1', format: 'pem' }),
        'it holds no private key (but: RSA PUBLIC KEY)'
      ],
      ['two', toPem(ed.privateKey) + toPem(ec.privateKey), 'it holds 2 private keys'],
      [
        'encrypted',
        ed.privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher }),
        'its key is encrypted'
      ],
      [
        'encrypted-pkcs1',
        rs.privateKey.export({ type: 'pkcs1', format: 'pem', ...cipher }),
        'its key is encrypted'
      ],
      ['damaged', [first, ...rest].join('\n'), 'its key is damaged, or in another format'],
      [
        'openssh',
        toPem(ed.privateKey).replaceAll('PRIVATE', 'OPENSSH PRIVATE'),
        'its key is damaged, or in another format'
      ],
      [
        'rsa-1024',
        toPem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey),
        'its key is of another kind (rsa, 1024 bits)'
      ],
      [
        'rsa-2047',
        toPem(generateKeyPairSync('rsa', { modulusLength: 2047 }).privateKey),
        'its key is of another kind (rsa, 2047 bits)'
      ],
      [
        'rsa-pss',
        toPem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey),
        'its key is of another kind (rsa-pss, 2048 bits)'
      ],
      ['p384', ecOn('P-384'), 'its key is of another kind (ec, secp384r1)'],
      ['k256', ecOn('secp256k1'), 'its key is of another kind (ec, secp256k1)'],
      ['ed448', toPem(generateKeyPairSync('ed448').privateKey), 'its key is of another kind (ed448)'],
      ['x25519', toPem(generateKeyPairSync('x25519').privateKey), 'its key is of another kind (x25519)']
    ]
    const faults = cases.map(
      ([name, content, fault]) => [writeKeyFile(`${name}.bad`, content), fault] as const
    )
    const missing = `${ed.file}.not`
    for (const [file, fault] of [
      ...faults,
      [missing, 'it cannot be read (ENOENT)'],
      ['', 'it cannot be read (ENOENT)'],
      [t.testdir(), 'it is not a file'],
      ['/dev/null', 'it is not a file']
    ] as const) {
      const line = `JWT_PRIVATE_KEY_FILE: ${JSON.stringify(file)} is not accepted: ${fault}. ${accepted}`
      const config = readConfig({ DATABASE_URL: ':memory:', JWT_PRIVATE_KEY_FILE: `${ed.file}, ${file}` })
      t.throws(() => loadSigningKeys(config), new ConfigError(line), fault)
    }
  }
)

t.test('the error names each of several files that is not accepted', async t => {
  const accepted = Environment.properties.JWT_PRIVATE_KEY_FILE.description
  const line = (file: string) =>
    `JWT_PRIVATE_KEY_FILE: "${file}" is not accepted: it cannot be read (ENOENT). Give ${accepted}.`
  const config = readConfig({ DATABASE_URL: ':memory:', JWT_PRIVATE_KEY_FILE: 'one.pem, other.pem' })
  t.throws(() => loadSigningKeys(config), new ConfigError(line('one.pem'), line('other.pem')))
})

t.test('[LOGSAFE] an error does not show a key that was given in place of its file', async t => {
  for (const { privateKey } of keyKinds) {
    const pasted = [
      toPem(privateKey),
      toPem(privateKey).replaceAll('\n', '\\n'),
      privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
      privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64url'),
      JSON.stringify(privateKey.export({ format: 'jwk' })),
      readFileSync(ed.file, 'utf8')
    ]
    for (const value of pasted) {
      const line = `JWT_PRIVATE_KEY_FILE: a value of ${value.length} bytes is not accepted. ${accepted}`
      t.throws(() => readConfig({ JWT_PRIVATE_KEY_FILE: value }), new ConfigError(line))
    }
  }
})

t.test('the process prints the error in one line', async t => {
  const settings = { DATABASE_URL: ':memory:', JWT_PRIVATE_KEY_FILE: 'no.pem' }
  t.strictSame(await runServe(t.testdir(), settings, true), {
    code: 78,
    said: `JWT_PRIVATE_KEY_FILE: "no.pem" is not accepted: it cannot be read (ENOENT). ${accepted}\n`
  })
})
