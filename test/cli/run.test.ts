import { readFileSync } from 'node:fs'
import t from 'tap'
import { commands } from '../../src/cli/commands.ts'
import { CommandError, EXIT, exitCodeOf } from '../../src/cli/exit-codes.ts'
import { ConfigError } from '../../src/config.ts'
import { DatabaseError } from '../../src/db/failures.ts'
import { programOf } from './program.ts'

const latchkey = programOf({ DATABASE_URL: ':memory:' })

t.test('without a command it lists all of them; a group lists its own', async t => {
  const all = await latchkey('--help')
  t.equal(all.code, 0)
  for (const [name, { summary }] of Object.entries(commands))
    t.ok(all.stdout.includes(`  ${name} `) && summary)
  for (const { code, meaning } of Object.values(EXIT)) t.ok(all.stdout.includes(`  ${code} `) && meaning)
  t.strictSame(await latchkey(), all)
  t.strictSame(await latchkey('-h'), all)

  const group = await latchkey('users')
  t.match(group, { code: 0, stdout: /^Usage: latchkey users COMMAND \[options\]\n\n {2}users list / })
  t.notMatch(group.stdout, 'migrate')
  t.strictSame(await latchkey('users', '--help'), group)
})

t.test('every command has help of its own, and is in README', async t => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  for (const name of Object.keys(commands)) {
    const { code, stdout, stderr } = await latchkey(...name.split(' '), '--help')
    t.strictSame({ code, stderr }, { code: 0, stderr: '' }, name)
    t.match(stdout, new RegExp(`^Usage: latchkey ${name} .*\\[options\\]\\n\\n[A-Z][^\\n]+`))
    t.match(stdout, /\n {2}--json +answers with JSON[^\n]+\n {2}-h, --help +this text\n\n$/)
    t.match(stdout, /^.{0,120}$/m, 'lines of a terminal')
    t.match(readme, `npx latchkey ${name}`)
  }
  t.match((await latchkey('copy', '-h')).stdout, /\n {2}--from URL {2}file:/)
})

t.test('--version is that of the package', async t => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  t.strictSame(await latchkey('--version'), { code: 0, stdout: `${version}\n`, stderr: '' })
})

t.test('a wrong command line is told in a line, and is 64', async t => {
  const cases = [
    [['bakcup'], 'There is no command "bakcup"; did you mean "backup"? latchkey --help lists all.'],
    [
      ['users', 'lst'],
      'There is no command "users lst"; did you mean "users list"? latchkey --help lists all.'
    ],
    [['constructor'], /^There is no command "constructor"/],
    [['backup'], 'FILE is missing. latchkey backup --help says more.'],
    [['backup', 'a', 'b'], 'Unexpected argument "b". It takes no more.'],
    [['prune', '--all'], /^Unknown option '--all'/],
    [['keys', 'generate', '--out'], /^Option '--out <value>' argument missing/]
  ] as const
  for (const [args, line] of cases) {
    const { code, stdout, stderr } = await latchkey(...args)
    t.strictSame({ code, stdout }, { code: 64, stdout: '' })
    t.match(stderr, typeof line === 'string' ? `${line}\n` : line)
  }
})

t.test('what goes wrong has an exit code, and with --json is JSON', async t => {
  const { code, stdout, stderr } = await latchkey('users', 'list', '--json')
  t.strictSame({ code, stdout }, { code: 69, stdout: '' })
  t.strictSame(JSON.parse(stderr), { error: 'A database in memory is its own process’s only.' })
  t.match(await programOf({ PORT: 'x' })('prune'), { code: 78, stderr: /^PORT: "x" is not accepted/ })

  const errors = [
    [new CommandError('noUser', ''), 67],
    [new ConfigError(''), 78],
    [new DatabaseError(''), 69],
    [Object.assign(new Error(''), { code: 'SQLITE_BUSY' }), 69],
    [Object.assign(new Error(''), { code: 'ENOENT', syscall: 'open' }), 74],
    [new TypeError(''), 70]
  ] as const
  for (const [error, expected] of errors) t.equal(exitCodeOf(error), expected, error.constructor.name)
})
