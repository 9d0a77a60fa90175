import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { send, start, stop } from '../support/process.ts'
import { PASSWORD } from '../support/service.ts'
import { createProgram } from './program.ts'

const account = { username: 'ada', email: 'ada@example.org', password: PASSWORD }
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

/** A folder whose database has some pages, and a key. */
async function folderWithDatabase(t: Parameters<typeof start>[0]) {
  const cwd = t.testdir()
  const file = join(cwd, 'data/latchkey.db')
  const latchkey = createProgram({ DATABASE_URL: `file:${file}` })
  t.equal((await latchkey('migrate')).code, 0)
  const connection = new Database(file)
  connection.exec(`create table pages as with recursive n (i) as (select 1 union all select i + 1 from n where i < 1200)
      select hex(randomblob(2000)) as page from n`)
  connection.close()
  writeFileSync(`${file}.key`, 'Hq2fJ0cWc3nB7yXkq1vT9sLrA5dMzE8uPgYi4oNbVtQ\n', { mode: 0o600 })
  return { cwd, file, latchkey }
}

t.test(
  'a backup made while the service writes holds all that was acknowledged; restored, it serves',
  async t => {
    const cwd = t.testdir({ elsewhere: {} })
    const file = join(cwd, 'data/latchkey.db')
    const latchkey = createProgram({ DATABASE_URL: `file:${file}` })
    const before = await start(t, cwd)
    const { body: pair } = await send(`${before.url}/api/auth/register`, { body: account })
    const token = pair.accessToken
    let acknowledged = 0
    let isWriting = true
    async function write() {
      while (isWriting) {
        const { status } = await send(`${before.url}/api/todos`, { token, body: { title: 'x' } })
        if (status === 201) acknowledged += 1
      }
    }
    const writing = Promise.all([write(), write(), write()])
    while (acknowledged < 100) await new Promise(setImmediate)

    const least = acknowledged
    const target = join(cwd, 'backup.db')
    const { code, stdout, stderr } = await latchkey('backup', target, '--json')
    t.strictSame({ code, stderr }, { code: 0, stderr: '' })
    t.strictSame(JSON.parse(stdout), {
      file: target,
      bytes: statSync(target).size,
      key: `${target}.key`,
      sealingKey: `${target}.sealing.key`
    })
    for (const suffix of ['', '.key', '.sealing.key']) t.equal(modeOf(`${target}${suffix}`), '600')
    t.match(await latchkey('restore', target), {
      code: 69,
      stderr: `${file} is in use. Stop the service first.\n`
    })
    isWriting = false
    await writing
    t.ok(acknowledged > least, 'writes went on meanwhile')
    await stop(before.child, 'SIGTERM')

    const copy = new Database(target, { readonly: true })
    const todos = copy.prepare('select count(*) from todos').pluck().get() as number
    copy.close()
    t.ok(todos >= least && todos <= acknowledged, `${todos} of ${acknowledged}, ${least} at its beginning`)

    const elsewhere = join(cwd, 'elsewhere')
    const restored = await createProgram({ DATABASE_URL: `file:${elsewhere}/data/latchkey.db` })(
      'restore',
      target
    )
    t.match(restored, { code: 0, stdout: `${elsewhere}/data/latchkey.db is restored.\n` })
    const after = await start(t, elsewhere)
    t.equal((await send(`${after.url}/api/auth/me`, { token })).status, 200, 'the tokens are good there, too')
    const sealing = readFileSync(`${file}.sealing.key`, 'utf8')
    t.equal(
      readFileSync(`${elsewhere}/data/latchkey.db.sealing.key`, 'utf8'),
      sealing,
      'and so are the seeds'
    )
    await stop(after.child, 'SIGTERM')
  }
)

t.test('no backup overwrites anything, and none is left half done', async t => {
  const { cwd, file, latchkey } = await folderWithDatabase(t)
  const target = join(cwd, 'backup.db')
  for (const taken of [target, `${target}.key`, `${target}.sealing.key`]) {
    writeFileSync(taken, 'precious')
    t.match(await latchkey('backup', target), {
      code: 73,
      stderr: `${taken} exists already. Give another file.\n`
    })
    t.equal(readFileSync(taken, 'utf8'), 'precious')
    rmSync(taken)
  }
  t.match(await latchkey('backup', join(cwd, 'no/backup.db')), {
    code: 74,
    stderr: /no\/backup\.db\.part: no such file or directory \(ENOENT\)\.\n$/
  })
  writeFileSync(file, readFileSync(file).fill(7, 4096 * 600, 4096 * 601))
  t.match(await latchkey('backup', target), { code: 69, stderr: /cannot be copied: it is damaged: / })
  t.match(await latchkey('doctor'), { code: 1, stdout: /^fault {4}database .*it is damaged: /m })
  t.strictSame(readdirSync(cwd), ['data'])
})

t.test('planted links and files are neither followed nor overwritten', async t => {
  const { cwd, file, latchkey } = await folderWithDatabase(t)
  const target = join(cwd, 'backup.db')
  const victim = join(cwd, 'victim')
  const planted = ['', '.key', '.part', '.part-journal', '.part-wal', '.part-shm']
  for (const path of planted.map(suffix => `${target}${suffix}`)) {
    symlinkSync(victim, path)
    t.match(await latchkey('backup', target), {
      code: 73,
      stderr: `${path} exists already. Give another file.\n`
    })
    t.notOk(existsSync(victim), `a link that leads nowhere: ${path}`)
    rmSync(path)
  }
  t.equal((await latchkey('backup', target)).code, 0)
  for (const path of ['', '-wal', '-journal', '.key', '.part'].map(suffix => `${file}.restored${suffix}`)) {
    symlinkSync(victim, path)
    t.match(await latchkey('restore', target), {
      code: 73,
      stderr: `${path} exists already. Remove this file of an earlier attempt.\n`
    })
    rmSync(path)
  }
  t.notOk(existsSync(victim))
})

t.test('copies and keys are private to the owner, for any umask and any mode of the originals', async t => {
  const { cwd, file, latchkey } = await folderWithDatabase(t)
  for (const path of [file, `${file}.key`]) chmodSync(path, 0o644)
  const umask = process.umask(0)
  t.teardown(() => process.umask(umask))
  const target = join(cwd, 'backup.db')
  t.equal((await latchkey('backup', target)).code, 0)
  t.strictSame([modeOf(target), modeOf(`${target}.key`)], ['600', '600'])
  for (const path of [target, `${target}.key`]) chmodSync(path, 0o644)
  t.equal((await latchkey('restore', target)).code, 0)
  t.strictSame([modeOf(file), modeOf(`${file}.key`)], ['600', '600'])
})

t.test('an unreadable key fails before anything is written or moved', async t => {
  const { cwd, file, latchkey } = await folderWithDatabase(t)
  const target = join(cwd, 'backup.db')
  t.equal((await latchkey('backup', target)).code, 0)
  rmSync(`${target}.key`)
  mkdirSync(`${target}.key`)
  t.match(await latchkey('restore', target), {
    code: 74,
    stderr: /backup\.db\.key cannot be read: it is not a file\.\n$/
  })
  rmSync(`${file}.key`)
  mkdirSync(`${file}.key`)
  t.match(await latchkey('backup', join(cwd, 'other.db')), {
    code: 74,
    stderr: /^.*latchkey\.db\.key cannot be read: it is not a file\.\n$/
  })
  t.strictSame(readdirSync(join(cwd, 'data')).sort(), ['latchkey.db', 'latchkey.db.key'])
  t.strictSame(readdirSync(cwd).sort(), ['backup.db', 'backup.db.key', 'data'])
})

t.test('a key that is a pipe is refused, and does not keep the program waiting', async t => {
  const { cwd, file, latchkey } = await folderWithDatabase(t)
  const target = join(cwd, 'backup.db')
  t.equal((await latchkey('backup', target)).code, 0)
  for (const key of [`${target}.key`, `${file}.key`]) {
    rmSync(key)
    execFileSync('mkfifo', [key])
  }
  const line = /\.key cannot be read: it is not a file\.\n$/
  t.match(await latchkey('restore', target), { code: 74, stderr: line })
  t.match(await latchkey('backup', join(cwd, 'other.db')), { code: 74, stderr: line })
})

t.test('restore moves links that lead nowhere aside, and is never half done', async t => {
  const { cwd, file, latchkey } = await folderWithDatabase(t)
  const target = join(cwd, 'backup.db')
  t.equal((await latchkey('backup', target)).code, 0)
  const key = readFileSync(`${file}.key`, 'utf8')
  rmSync(`${file}-shm`, { force: true })
  for (const path of [file, `${file}-wal`, `${file}.key`]) {
    rmSync(path, { force: true })
    symlinkSync(join(cwd, 'nowhere'), path)
  }
  const now = () => new Date('2026-06-01T12:00:00.000Z')
  const restore = createProgram({ DATABASE_URL: `file:${file}` }, { now })
  const aside = `${file}.replaced-2026-06-01T12-00-00.000Z`
  t.match(await restore('restore', target), { code: 0, stdout: `The old database is now ${aside}\n` })
  t.equal(readFileSync(`${file}.key`, 'utf8'), key)
  t.strictSame(
    readdirSync(join(cwd, 'data')).sort(),
    ['', '.key', '-wal']
      .map(suffix => `latchkey.db.replaced-2026-06-01T12-00-00.000Z${suffix}`)
      .concat('latchkey.db', 'latchkey.db.key')
      .sort()
  )
  t.notOk(existsSync(join(cwd, 'nowhere')))
  t.equal((await latchkey('users', 'list')).code, 0, 'the restored database can be used')
})

t.test('on a terminal it says how far it is', async t => {
  const { cwd, file } = await folderWithDatabase(t)
  const latchkey = createProgram({ DATABASE_URL: `file:${file}` }, { isTTY: true })
  const { stdout, stderr } = await latchkey('backup', join(cwd, 'one.db'))
  t.match(stdout, /one\.db: \d+ bytes, and its key in .*one\.db\.key\n$/)
  t.match(stderr.replaceAll('\r\u001B[K', '<cleared>'), /^(<cleared>\d+ % copied)+<cleared>$/)
  t.strictSame((await latchkey('backup', join(cwd, 'two.db'), '--json')).stderr, '')
  rmSync(`${file}.key`)
  t.match(
    (await latchkey('backup', join(cwd, 'three.db'))).stdout,
    /three\.db: \d+ bytes\n$/,
    'without a key'
  )
})

t.test('restore moves the old files aside', async t => {
  const { cwd, file, latchkey } = await folderWithDatabase(t)
  t.equal((await latchkey('backup', join(cwd, 'backup.db'))).code, 0)
  writeFileSync(file, 'damaged'.repeat(1000))
  writeFileSync(`${file}-wal`, 'of the damaged one')
  const now = () => new Date('2026-06-01T12:00:00.000Z')
  const { code, stdout } = await createProgram({ DATABASE_URL: `file:${file}` }, { now })(
    'restore',
    join(cwd, 'backup.db')
  )
  const aside = `${file}.replaced-2026-06-01T12-00-00.000Z`
  t.strictSame(
    { code, stdout },
    { code: 0, stdout: `${file} is restored. The old database is now ${aside}\n` }
  )
  t.match(readFileSync(aside, 'utf8'), /^damaged/)
  t.equal(readFileSync(`${aside}.key`, 'utf8'), readFileSync(`${file}.key`, 'utf8'))
  t.notOk(existsSync(`${file}-wal`))
  t.equal((await latchkey('users', 'list')).code, 0, 'it can be used')
})

t.test('restore takes whole databases of Latchkey only', async t => {
  const { cwd, latchkey } = await folderWithDatabase(t)
  new Database(join(cwd, 'other.db')).exec('create table x (y)').close()
  writeFileSync(join(cwd, 'text'), 'no database')
  const cases = [
    ['missing', 74, /^There is no file .*missing\.\n$/],
    ['data', 74, /data is not a file\.\n$/],
    ['other.db', 69, /cannot be copied: it is not a database of Latchkey\n$/],
    ['text', 69, /cannot be copied: file is not a database\n$/]
  ] as const
  for (const [name, exit, line] of cases) {
    const { code, stderr } = await latchkey('restore', join(cwd, name))
    t.equal(code, exit)
    t.match(stderr, line)
  }
  t.equal((await latchkey('doctor')).code, 0, 'what was there is as it was')
  t.strictSame(readdirSync(join(cwd, 'data')).sort(), ['latchkey.db', 'latchkey.db.key'])
})

t.test('only a file can be backed up and restored', async t => {
  const cwd = t.testdir({ 'backup.db': '' })
  const cases = [
    [{ DATABASE_URL: 'postgres://db/x', JWT_SECRET: 'x'.repeat(32) }, 'backup', 64, /pg_dump/],
    [{ DATABASE_URL: 'postgres://db/x', JWT_SECRET: 'x'.repeat(32) }, 'restore', 64, /^DATABASE_URL: /],
    [{ DATABASE_URL: ':memory:' }, 'restore', 64, /^DATABASE_URL: /],
    [{ DATABASE_URL: ':memory:' }, 'backup', 69, /in memory/],
    [{ DATABASE_URL: `file:${cwd}/no.db` }, 'backup', 69, /^There is no database at .*no\.db\. /]
  ] as const
  for (const [settings, command, exit, line] of cases) {
    const { code, stderr } = await createProgram(settings)(command, join(cwd, 'backup.db'))
    t.equal(code, exit)
    t.match(stderr, line)
  }
})

t.test('a backup names the keys that it has not copied', async t => {
  const { cwd, file } = await folderWithDatabase(t)
  const [one, other] = [
    'kT9vXq2wLs7nBc4mJr8yHd5gZf3pAe6u1RoWiMxVtQS',
    'Zr8kQ1wXn5bV3mLs7tYc0uJp9dGh2fAe6iRoKxBvT4M'
  ]
  const DATABASE_URL = `file:${file}`
  const copy = (settings: object, name: string, ...options: string[]) =>
    createProgram({ DATABASE_URL, ...settings })('backup', join(cwd, name), ...options)
  const { stdout } = await copy({ JWT_SECRET: one, SEALING_KEY: other }, 'one.db')
  t.match(
    stdout,
    /one\.db\.key\nJWT_SECRET is in the settings: keep it yourself\nSEALING_KEY is in the settings: keep it yourself\n$/
  )
  t.match(
    (await copy({ JWT_PRIVATE_KEY_FILE: '/run/secrets/key.pem' }, 'two.db')).stdout,
    /\nJWT_PRIVATE_KEY_FILE names files that are not copied: keep them yourself\n$/
  )
  const { settingsToKeep } = JSON.parse((await copy({ SEALING_KEY: other }, 'three.db', '--json')).stdout)
  t.strictSame(settingsToKeep, ['SEALING_KEY'])
})
