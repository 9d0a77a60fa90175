import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import t from 'tap'
import { commands } from '../../src/cli/commands.ts'
import { CommandError, EXIT, toExitCode, toMessage } from '../../src/cli/exit-codes.ts'
import { ConfigError } from '../../src/config/config.ts'
import { DatabaseError } from '../../src/db/errors.ts'
import { describeSystemError, SystemError } from '../../src/process/system-error.ts'
import { createProgram } from './program.ts'

const latchkey = createProgram({ DATABASE_URL: ':memory:' })

t.test('without a command it lists all of them; a group lists its own', async t => {
  const all = await latchkey('--help')
  t.equal(all.code, 0)
  for (const [name, { summary }] of Object.entries(commands))
    t.ok(all.stdout.includes(`  ${name} `) && summary)
  for (const { code, meaning } of Object.values(EXIT)) t.ok(all.stdout.includes(`  ${code} `) && meaning)
  t.strictSame(await latchkey(), all)
  for (const args of [['-h'], ['help'], ['--json', '--help'], ['help', '--json']])
    t.strictSame(await latchkey(...args), all)

  const group = await latchkey('users')
  t.match(group, { code: 0, stdout: /^Usage: latchkey users COMMAND \[options\]\n\n {2}users list / })
  t.notMatch(group.stdout, 'migrate')
  for (const args of [
    ['users', '--help'],
    ['help', 'users'],
    ['--help', 'users'],
    ['users', '--json']
  ])
    t.strictSame(await latchkey(...args), group)
})

t.test('every command has help of its own', async t => {
  for (const name of Object.keys(commands)) {
    const { code, stdout, stderr } = await latchkey(...name.split(' '), '--help')
    t.strictSame({ code, stderr }, { code: 0, stderr: '' }, name)
    t.match(stdout, new RegExp(`^Usage: latchkey ${name} .*\\[options\\]\\n\\n[A-Z][^\\n]+`))
    t.match(stdout, /\n {2}--json +answers with one line of JSON\n {2}-h, --help +shows this text\n\n$/)
    t.match(stdout, /^.{0,120}$/m, 'lines of a terminal')
    t.strictSame(await latchkey('help', ...name.split(' ')), { code, stdout, stderr })
  }
  t.match((await latchkey('copy', '-h')).stdout, /\n {2}--from URL {2}such as file:/)
})

t.test('--version is that of the package', async t => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  for (const arg of ['--version', '-v', 'version'])
    t.strictSame(await latchkey(arg), { code: 0, stdout: `${version}\n`, stderr: '' })
})

t.test('a wrong command line gets one line, and the exit code 64', async t => {
  const cases = [
    [['bakcup'], 'There is no command "bakcup"; did you mean "backup"? See latchkey --help.'],
    [['users', 'lst'], 'There is no command "users lst"; did you mean "users list"? See latchkey --help.'],
    ...(
      [
        [['user', 'list'], 'user list', 'users list'],
        [['user', 'disable', 'ada'], 'user disable', 'users disable'],
        [['user'], 'user', 'users'],
        [['help', 'user', 'list'], 'user list', 'users list'],
        [['list'], 'list', 'users list'],
        [['generate'], 'generate', 'keys generate'],
        [['bakup', 'x.db'], 'bakup', 'backup'],
        [['Serve'], 'Serve', 'serve'],
        [['SERVE'], 'SERVE', 'serve'],
        [['USERS', 'LIST'], 'USERS LIST', 'users list']
      ] as const
    ).map(
      ([args, asked, meant]) =>
        [args, `There is no command "${asked}"; did you mean "${meant}"? See latchkey --help.`] as const
    ),
    ...['constructor', 'frobnicate', 'x', '', '--port', '-x'].map(
      name => [[name], `There is no command ${JSON.stringify(name)}. See latchkey --help.`] as const
    ),
    [['users', 'frobnicate'], 'There is no command "users frobnicate". See latchkey --help.'],
    ...[[''], [' ']].map(
      operands => [['backup', ...operands], 'FILE is missing. See latchkey backup --help.'] as const
    ),
    [['users', 'disable', ''], 'USER is missing. See latchkey users disable --help.'],
    ...(
      [
        [['--port', '4000'], '--port', 'PORT=4000'],
        [['--port=4000'], '--port', 'PORT=4000'],
        [['--log-level', 'debug'], '--log-level', 'LOG_LEVEL=…'],
        [['--jwt-secret=abc'], '--jwt-secret', 'JWT_SECRET=…'],
        [['--hosts'], '--hosts', 'HOST=…']
      ] as const
    ).map(
      ([args, option, example]) =>
        [
          ['serve', ...args],
          `Unknown option '${option}': settings come from the environment or .env, as in ${example} latchkey serve. ` +
            'See latchkey serve --help.'
        ] as const
    ),
    [['serve', '-p', '4000'], "Unknown option '-p'. See latchkey serve --help."],
    [['keys', 'generate', '--ouput', 'x'], "Unknown option '--ouput'. See latchkey keys generate --help."],
    [['serve', '--jsn'], "Unknown option '--jsn'; did you mean --json? See latchkey serve --help."],
    [['serve', '--json=1'], '--json takes no value. See latchkey serve --help.'],
    [['keys', 'generate', '--out', '--json'], /^(\{"error":")?--out needs a value\./],
    [['backup'], 'FILE is missing. See latchkey backup --help.'],
    [['backup', 'a', 'b'], 'Unexpected argument "b".'],
    [['prune', '--all'], /^Unknown option '--all'/],
    [['keys', 'generate', '--out'], '--out needs a value. See latchkey keys generate --help.']
  ] as const
  for (const [args, line] of cases) {
    const { code, stdout, stderr } = await latchkey(...args)
    t.strictSame({ code, stdout }, { code: 64, stdout: '' })
    t.match(stderr, typeof line === 'string' ? `${line}\n` : line)
  }
})

t.test('no command but serve needs a key', async t => {
  const DATABASE_URL = 'postgres://db.invalid:x/latchkey'
  for (const args of [
    ['users', 'list'],
    ['users', 'sign-out', 'ada'],
    ['prune'],
    ['migrate'],
    ['backup', 'x']
  ])
    t.notMatch((await createProgram({ DATABASE_URL })(...args)).stderr, 'JWT_SECRET')
})

t.test('a refusal of the system names its path', async t => {
  const refusal = { code: 'ENOENT', errno: -constants.errno.ENOENT, syscall: 'open', message: 'ENOENT: x' }
  t.equal(toMessage({ ...refusal, path: '/a/b' }), '/a/b: no such file or directory (ENOENT).')
  t.equal(toMessage(refusal), 'ENOENT: x')
  t.equal(toMessage(new TypeError('x')), 'x')
  t.equal(describeSystemError(new Error('x')), 'x')
  t.equal(toExitCode(new SystemError('')), 74)
})

t.test('an error has an exit code, and with --json it is JSON', async t => {
  const { code, stdout, stderr } = await latchkey('users', 'list', '--json')
  t.strictSame({ code, stdout }, { code: 69, stdout: '' })
  t.strictSame(JSON.parse(stderr), { error: 'A database in memory cannot be opened from another process.' })
  t.match(await createProgram({ PORT: 'x' })('prune'), { code: 78, stderr: /^PORT: "x" is not accepted/ })

  const errors = [
    [new CommandError('noUser', ''), 67],
    [new ConfigError(''), 78],
    [new DatabaseError(''), 69],
    [Object.assign(new Error(''), { code: 'SQLITE_BUSY' }), 69],
    [Object.assign(new Error(''), { code: 'ENOENT', syscall: 'open' }), 74],
    [new TypeError(''), 70]
  ] as const
  for (const [error, expected] of errors) t.equal(toExitCode(error), expected, error.constructor.name)
})
