import { once } from 'node:events'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism, getPriority } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { toListenError } from '../../src/process/listen-errors.ts'
import { runServe, send, start, stop } from '../support/process.ts'

const PASSWORD = 'correct horse battery staple'
const account = { username: 'ada', email: 'ada@example.org', password: PASSWORD }
const credentials = { email: account.email, password: PASSWORD }

t.test('without any setting it makes its database and its key, listens and says where', async t => {
  const cwd = t.testdir()
  const { child, url, log } = await start(t, cwd, {}, true)
  const database = './data/latchkey.db'
  const until = 'It ends on SIGTERM or SIGINT (Ctrl-C), at the latest after 10 s'
  t.match(log.slice(0, 4), [
    {
      level: 30,
      key: `${database}.key`,
      msg: `A key to sign tokens with was made: ${database}.key. Back it up with the database`
    },
    {
      level: 30,
      key: `${database}.sealing.key`,
      msg: `A key to seal secrets with was made: ${database}.sealing.key. Back it up with the database`
    },
    { level: 30, database, isNew: true, msg: `The database is ${database}, newly made` },
    { level: 30, msg: `Latchkey listens on ${url}` }
  ])
  t.equal((await send(`${url}/api/auth/register`, { body: account })).status, 201)
  t.match(log.slice(4, 7), [
    { msg: `The docs are at ${url}/docs` },
    { msg: 'Mails are written to ./data/mail' },
    { msg: until }
  ])
  for (const suffix of ['', '-wal', '-shm'])
    t.equal(statSync(join(cwd, `${database}${suffix}`)).mode & 0o777, 0o600)
  t.ok(existsSync(join(cwd, 'data/latchkey.db')))
  for (const key of ['latchkey.db.key', 'latchkey.db.sealing.key'])
    t.equal(statSync(join(cwd, 'data', key)).mode & 0o777, 0o600)
  t.equal(await stop(child, 'SIGTERM'), 0)

  const again = await start(t, cwd, { DOCS: 'off', ...{ ACCES_TOKEN_TTL: '5' } }, true)
  t.match(again.log.slice(0, 3), [
    { level: 40, msg: 'ACCES_TOKEN_TTL is no setting; did you mean ACCESS_TOKEN_TTL?' },
    { level: 30, database, isNew: false, msg: `The database is ${database}` },
    { msg: `Latchkey listens on ${again.url}` }
  ])
  const login = await send(`${again.url}/api/auth/login`, { body: credentials })
  t.equal(login.status, 200, 'what it kept is there at the next start')
  t.equal(await stop(again.child, 'SIGINT'), 0)
  t.notOk(again.log.some(({ msg }) => `${msg}`.startsWith('The docs')))
})

t.test('tokens outlive a restart', async t => {
  const cwd = t.testdir()
  const first = await start(t, cwd)
  const { body: pair } = await send(`${first.url}/api/auth/register`, { body: account })
  await stop(first.child, 'SIGTERM')
  const second = await start(t, cwd)
  t.equal((await send(`${second.url}/api/auth/me`, { token: pair.accessToken })).status, 200)
  await stop(second.child, 'SIGTERM')
})

t.test('settings come from .env, unless the environment has them', async t => {
  const cwd = t.testdir({ '.env': 'DATABASE_URL=file:./elsewhere.db\nACCESS_TOKEN_TTL=7\n' })
  const { child, url } = await start(t, cwd, { ACCESS_TOKEN_TTL: '8' }, true)
  const { body } = await send(`${url}/api/auth/register`, { body: account })
  t.equal(body.expiresIn, 8)
  t.ok(existsSync(join(cwd, 'elsewhere.db')))
  await stop(child, 'SIGTERM')
})

t.test('nonsense stops the start: one line, exit code 78, no secret in it', async t => {
  const cwd = t.testdir()
  const secret = 'ten bytes!'
  const cases = [
    [{ PORT: 'abc' }, /^PORT: "abc" is not accepted\. Give a port [^\n]*\n$/],
    [{ JWT_SECRET: secret }, /^JWT_SECRET: a value of 10 bytes is not accepted\. Give [^\n]*\n$/],
    [{ DATABASE_URL: 'mysql://x' }, /^DATABASE_URL: "mysql:\/\/x" is not accepted\. Give file:PATH[^\n]*\n$/]
  ] as const
  await Promise.all(
    cases.map(async ([settings, line]) => {
      const { code, said } = await runServe(cwd, settings)
      t.equal(code, 78)
      t.match(said, line)
      t.notOk(said.includes(secret))
    })
  )
  t.notOk(existsSync(join(cwd, 'data')), 'and leaves nothing behind')
})

t.test(
  '[HASH] hashing on every core leaves threads for files and names, and gives way to requests',
  { skip: process.platform !== 'linux' && 'only Linux shows its threads' },
  async t => {
    // The 19th field (proc(5)), counted from behind the name.
    const niceness = (folder: string) =>
      Number(readFileSync(`${folder}/stat`, 'utf8').split(') ')[1]?.split(' ')[16])
    const threads = (pid = 0) =>
      globSync(`/proc/${pid}/task/*`)
        .filter(folder => readFileSync(`${folder}/comm`, 'utf8').startsWith('libuv-worker'))
        .map(niceness)
    const { child } = await start(t, t.testdir())
    t.strictSame(
      threads(child.pid),
      Array.from({ length: availableParallelism() + 4 }, () => Math.min(getPriority() + 10, 19))
    )
    t.equal(niceness(`/proc/${child.pid}`), getPriority())
    await stop(child, 'SIGTERM')

    const cwd = t.testdir({ '.env': 'UV_THREADPOOL_SIZE=7\n' })
    const other = await start(t, cwd)
    t.equal(threads(other.child.pid).length, 7, 'unless it is set')
    await stop(other.child, 'SIGTERM')
  }
)

t.test('a port that is taken is told in a line', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as { port: number }
  const taken =
    `PORT: ${port} at 127.0.0.1 is in use (EADDRINUSE). Give another one (0 takes any that is free), or end the ` +
    'program that listens there.\n'
  const settings = { LOG_LEVEL: 'silent', DATABASE_URL: ':memory:' }
  t.strictSame(await runServe(t.testdir(), { ...settings, PORT: `${port}` }, true), { code: 74, said: taken })
  t.strictSame(await runServe(t.testdir(), { ...settings, METRICS_PORT: `${port}` }), {
    code: 74,
    said: `METRICS_${taken}`
  })
  const workers = { LOG_LEVEL: 'silent', WEB_CONCURRENCY: '2', PORT: `${port}` }
  t.strictSame(await runServe(t.testdir(), workers), { code: 74, said: taken }, 'by a worker, once')
  t.strictSame(await runServe(t.testdir(), { ...settings, HOST: '192.0.2.1' }), {
    code: 74,
    said:
      'HOST: 192.0.2.1 is no address of this machine: address not available (EADDRNOTAVAIL). ' +
      'Give one of its own, 127.0.0.1 or 0.0.0.0, say.\n'
  })
  t.match(
    toListenError(Object.assign(new Error('x'), { syscall: 'listen' }), { host: '::2', port: 80 }).message,
    /Give one of its own/
  )
  const place = { host: 'nowhere.invalid', port: 80 }
  const refused = (code: string) => Object.assign(new Error(code), { code, syscall: 'listen' })
  t.equal(
    toListenError(refused('EACCES'), place).message,
    'PORT: 80 is not for this user: EACCES. Give one from 1024 to 65535, or 0 for any that is free.'
  )
  t.equal(
    toListenError(refused('ENOTFOUND'), place).message,
    'HOST: nowhere.invalid is no address of this machine: ENOTFOUND. Give an address.'
  )
  const unrelated = new Error('something else')
  t.equal(toListenError(unrelated, place), unrelated)
})

t.test('every write that was acknowledged is there after kill -9', async t => {
  const cwd = t.testdir()
  const { child, url } = await start(t, cwd)
  const { body: pair } = await send(`${url}/api/auth/register`, { body: account })
  const token = pair.accessToken
  const acknowledged: string[] = []
  const write = async (): Promise<void> => {
    const { status, body } = await send(`${url}/api/todos`, { token, body: { title: 'x' } })
    if (status === 201) acknowledged.push(body.id)
    if (acknowledged.length >= 200) child.kill('SIGKILL')
    return status === 201 ? write() : undefined
  }
  await Promise.allSettled(Array.from({ length: 8 }, write))
  t.equal(await stop(child, 'SIGKILL'), 'SIGKILL')
  t.ok(acknowledged.length >= 200, `${acknowledged.length} were acknowledged`)

  const again = await start(t, cwd)
  const { body } = await send(`${again.url}/api/auth/login`, { body: credentials })
  const kept: string[] = []
  for (let cursor = ''; cursor !== 'null'; ) {
    const page = await send(`${again.url}/api/todos?limit=200${cursor && `&cursor=${cursor}`}`, {
      token: body.accessToken
    })
    kept.push(...page.body.items.map(({ id }: { id: string }) => id))
    cursor = `${page.body.nextCursor}`
  }
  t.strictSame(
    acknowledged.filter(id => !kept.includes(id)),
    []
  )
  await stop(again.child, 'SIGTERM')
})
