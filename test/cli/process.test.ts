import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { launch, run, withoutCoverage } from '../support/process.ts'

const root = join(import.meta.dirname, '../..')

t.test('a reader may close the pipe early', async t => {
  const child = launch(['--help'], t.testdir(), {}, true)
  child.stdout.destroy()
  t.strictSame(await once(child, 'exit'), [0, null])
})

t.test(
  'an answer that cannot be written is an error',
  { skip: !existsSync('/dev/full') && 'needs /dev/full' },
  async t => {
    const main = join(root, 'src/cli/main.ts')
    const child = spawn('sh', ['-c', '"$0" "$1" --help > /dev/full', process.execPath, main], {
      cwd: t.testdir()
    })
    t.strictSame(await once(child, 'exit'), [74, null])
  }
)

t.test('what is taken is named by a program that has loaded nothing but the command', async t => {
  const cwd = t.testdir()
  const latchkey = (...args: string[]) => run(args, cwd, {})
  await latchkey('migrate')
  t.match(await latchkey('users', 'create', 'ada', 'ada@example.org'), { code: 0 })
  t.strictSame(await latchkey('users', 'invite', 'ada@example.org'), {
    code: 73,
    said: 'The e-mail belongs to an account already; see latchkey users list.\n'
  })
})

t.test('an old Node gets one line', async t => {
  const program = join(root, 'bin/latchkey.js')
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const source = readFileSync(program, 'utf8')
  t.equal(engines.node, '>=22.18')
  // What Node 10 cannot read would be told as a SyntaxError instead.
  t.notMatch(source, /^(import|await)\b|import\.meta|\?\.|\?\?|node:/m)

  const asOf = (
    version: string
  ) => `Object.defineProperty(process, 'versions', { value: { node: '${version}' } });
    await import(${JSON.stringify(program)})`
  const run = async (version: string) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', asOf(version), 'x', '--version'])
    let said = ''
    child.stderr.setEncoding('utf8').on('data', text => (said += text))
    const [code] = await once(child, 'close')
    return { code, said }
  }
  for (const version of ['10.24.1', '20.20.2', '22.17.9'])
    t.match(await run(version), {
      code: 78,
      said: /^Latchkey needs Node 22\.18 or later; this is v[^\n]+\n$/
    })
  t.match(await run('22.18.0'), { code: 0, said: '' })
})

/** Root may do everything, so another user tries, if he may read the program. */
const isRoot = process.getuid?.() === 0
const isOpen = (folder: string): boolean =>
  (statSync(folder).mode & 0o001) !== 0 && (dirname(folder) === folder || isOpen(dirname(folder)))
const skip = isRoot && !isOpen(root) && 'nobody may read the project'

t.test(
  'a folder that cannot be written to stops the service, and doctor finds it before',
  { skip },
  async t => {
    const cwd = join(t.testdir(), 'closed')
    mkdirSync(cwd)
    chmodSync(cwd, 0o555)
    const run = (command: string) => {
      const user = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []
      const [file, args] = withoutCoverage(...user, process.execPath, join(root, 'src/cli/main.ts'), command)
      const shell = `${[file, ...args].map(arg => `'${arg}'`).join(' ')} 2>&1; echo "code $?"`
      return execFileSync('sh', ['-c', shell], {
        cwd,
        encoding: 'utf8',
        env: { PATH: process.env.PATH, PORT: '0' }
      })
    }
    const line =
      `${cwd} cannot be written to, so ./data/latchkey.db cannot be made or used: permission denied (EACCES). ` +
      'Give this user the right to, or give another path.'
    t.equal(run('serve'), `${line}\ncode 74\n`)
    const findings = run('doctor')
    t.ok(findings.includes(`fault    disk      ${line}\n`), findings)
    t.ok(
      findings.includes(`fault    mail      ${cwd} cannot be written to: permission denied (EACCES)\n`),
      findings
    )
    t.match(findings, /\n2 of the checks failed\.\ncode 1\n$/)
  }
)
