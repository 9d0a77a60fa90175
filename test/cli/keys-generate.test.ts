import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import t from 'tap'
import { loadSigningKeys } from '../../src/auth/tokens/signing-keys.ts'
import { readConfig } from '../../src/config/config.ts'
import { createProgram } from './program.ts'

const before = process.cwd()
t.teardown(() => process.chdir(before))

/** Runs the command as if the folder were its own. */
async function generate(cwd: string, ...args: string[]) {
  process.chdir(cwd)
  return createProgram()('keys', 'generate', ...args)
}

t.test('keys generate makes a key that the service takes, readable by its owner only', async t => {
  const cases = [
    { args: [], algorithm: 'EdDSA' },
    { args: ['--algorithm', 'EdDSA'], algorithm: 'EdDSA' },
    { args: ['--algorithm=ES256'], algorithm: 'ES256' },
    { args: ['--algorithm', 'RS256'], algorithm: 'RS256' }
  ]
  const cwd = t.testdir()
  const check = async ({ args, algorithm }: (typeof cases)[number]) => {
    const { code, stdout, stderr } = await generate(cwd, ...args)
    t.strictSame({ code, stderr }, { code: 0, stderr: '' }, algorithm)
    const { JWT_PRIVATE_KEY_FILE = '' } = parseEnv(stdout)
    const file = join(cwd, JWT_PRIVATE_KEY_FILE)
    t.equal(statSync(file).mode & 0o777, 0o600)
    t.match(readFileSync(file, 'utf8'), /^-----BEGIN PRIVATE KEY-----\n/)

    const keys = loadSigningKeys(readConfig({ DATABASE_URL: ':memory:', JWT_PRIVATE_KEY_FILE: file }))
    t.match(keys, [{ algorithm }])
    t.equal(JWT_PRIVATE_KEY_FILE, `./data/signing-key-${keys[0].id}.pem`)
    t.equal(stdout, `# ${algorithm}, kid ${keys[0].id}\nJWT_PRIVATE_KEY_FILE=${JWT_PRIVATE_KEY_FILE}\n`)
  }
  await Promise.all(cases.map(check))
})

t.test('keys generate --out writes to the given file, and never over an existing one', async t => {
  const cwd = t.testdir({ 'taken.pem': 'precious' })
  const made = await generate(cwd, '--out', 'keys/one.pem')
  t.match(made, { code: 0, stdout: /\nJWT_PRIVATE_KEY_FILE=keys\/one\.pem\n$/ })
  t.equal(statSync(join(cwd, 'keys')).mode & 0o777, 0o700)

  t.strictSame(await generate(cwd, '--out', 'taken.pem'), {
    code: 73,
    stdout: '',
    stderr: '--out: "taken.pem" exists already. Give another file, or remove this one.\n'
  })
  t.equal(readFileSync(join(cwd, 'taken.pem'), 'utf8'), 'precious')
  t.strictSame(await generate(cwd, '--out', 'no/folder/key.pem'), {
    code: 74,
    stdout: '',
    stderr: `There is no folder ${cwd}/no, so no/folder/key.pem cannot be made. Make the folder, or give another path.\n`
  })
  const fault = await generate(cwd, '--out', `${'long'.repeat(99)}.pem`)
  t.match(fault, { code: 74, stdout: '', stderr: /^(long)+\.pem: name too long \(ENAMETOOLONG\)\.\n$/ })
})

t.test('keys generate --algorithm HS256 prints a secret and keeps nothing', async t => {
  const cwd = t.testdir()
  const runs = await Promise.all([1, 2].map(() => generate(cwd, '--algorithm', 'HS256')))
  for (const { stdout } of runs) {
    t.match(stdout, /^JWT_SECRET=[\w-]{43}\n$/)
    const config = readConfig({ DATABASE_URL: ':memory:', ...parseEnv(stdout) })
    t.match(loadSigningKeys(config), [{ algorithm: 'HS256' }])
  }
  t.not(runs[0]?.stdout, runs[1]?.stdout)
  t.strictSame(readdirSync(cwd), [])
})

t.test('keys generate explains its options', async t => {
  const cwd = t.testdir()
  t.match(await generate(cwd, '--help'), { code: 0, stdout: /--algorithm[\s\S]*--out/, stderr: '' })
  const cases = [
    [
      ['--algorithm', 'HS512'],
      /^--algorithm: "HS512" is not accepted\. Give EdDSA, ES256, RS256 or HS256\.\n$/
    ],
    [['--algorithm', 'constructor'], /^--algorithm: "constructor" is not accepted\. /],
    [
      ['--algorithm', 'HS256', '--out', 'x'],
      /^--out: a secret is printed, not written to a file\. Omit --out\.\n$/
    ],
    [['--bits', '4096'], /^Unknown option '--bits'/],
    [['key.pem'], /^Unexpected argument "key\.pem"\.\n$/]
  ] as const
  const check = async ([args, line]: (typeof cases)[number]) => {
    const { code, stdout, stderr } = await generate(cwd, ...args)
    t.strictSame({ code, stdout }, { code: 64, stdout: '' })
    t.match(stderr, line)
  }
  await Promise.all(cases.map(check))
  t.strictSame(readdirSync(cwd), [])
})
