import { once } from 'node:events'
import { chmodSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { constants } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { loadSigningSecrets } from '../../src/auth/tokens/signing-secrets.ts'
import { checkClock, checkDatabase, checkDisk, checkSettings } from '../../src/cli/checks/checks.ts'
import { checkKeys, checkSealing } from '../../src/cli/checks/keys.ts'
import { checkPorts } from '../../src/cli/checks/ports.ts'
import { readConfig } from '../../src/config/config.ts'
import { openSqlite } from '../../src/db/sqlite/engine.ts'
import { findObstacle } from '../../src/process/private-files.ts'
import { SystemError } from '../../src/process/system-error.ts'
import { createEd25519Key } from '../auth/key-files.ts'
import { startFakePooler } from '../db/fake-pooler.ts'
import { serveFactors } from '../factors/factor-service.ts'
import { createDatabase } from '../support/databases.ts'
import { type Settings, serve } from '../support/service.ts'
import { createProgram, sharedSettings } from './program.ts'

const SERVER = process.env.TEST_DATABASE_URL
const GOOD = 'Hq2fJ0cWc3nB7yXkq1vT9sLrA5dMzE8uPgYi4oNbVtQ'
const configOf = (settings: Settings) => readConfig({ DATABASE_URL: ':memory:', ...settings })

t.test('a good installation passes, and nothing in it is changed', async t => {
  const settings = { ...(await sharedSettings(t)), JWT_SECRET: GOOD, PORT: '0' }
  await serve(t, settings)
  const { code, stdout, stderr } = await createProgram(settings)('doctor', '--json')
  t.strictSame({ code, stderr }, { code: 0, stderr: '' })
  const findings = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.match(findings, [
    { check: 'settings', status: 'ok', detail: 'accepted' },
    { check: 'keys', status: 'ok', detail: '0 private, 1 secret' },
    { check: 'disk', status: /ok|warning/ },
    { check: 'database', status: 'ok', detail: /^(SQLite|PostgreSQL) \d.*, intact, schema up to date$/ },
    { check: 'sealing', status: /ok|warning/ },
    { check: 'clock', status: 'ok' },
    { check: 'mail', status: 'ok', detail: 'mails are written to ./data/mail' },
    { check: 'ports', status: 'ok', detail: 'free' }
  ])

  const folder = t.testdir()
  const fresh = await createProgram({ DATABASE_URL: `file:${folder}/folder/latchkey.db`, PORT: '0' })(
    'doctor'
  )
  t.equal(fresh.code, 0)
  t.match(fresh.stdout, /^ok {7}keys {6}a secret will be created at the first start$/m)
  t.match(fresh.stdout, /^ok {7}sealing {3}a secret will be created at the first start$/m)
  t.match(fresh.stdout, /^ok {7}database {2}it will be created at the first start$/m)
})

t.test('wrong settings are the only finding, for the others need them', async t => {
  t.strictSame(await createProgram({ PORT: 'x' })('doctor'), {
    code: 1,
    stdout:
      'fault    settings  PORT: "x" is not accepted. Give a port from 1 to 65535, or 0 for any free one.\n',
    stderr: '1 of the checks failed.\n'
  })
})

t.test('every wrong setting is a finding', async t => {
  const { code, stdout, stderr } = await createProgram({ PORT: 'x', DOCS: 'yes' })('doctor', '--json')
  t.strictSame({ code, stderr }, { code: 1, stderr: '{"error":"2 of the checks failed."}\n' })
  t.match(
    stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line)),
    [
      { check: 'settings', status: 'fault', detail: /^PORT: / },
      { check: 'settings', status: 'fault', detail: 'DOCS: "yes" is not accepted. Give on or off.' }
    ]
  )
})

t.test('misleading settings', async t => {
  const leeway = configOf({ ACCESS_TOKEN_TTL: '5', REFRESH_TOKEN_TTL: '10' })
  t.match(checkSettings(leeway), { status: 'warning', detail: /^REFRESH_RACE_LEEWAY is not less than/ })
  const many = readConfig({ WEB_CONCURRENCY: '4' })
  t.strictSame(checkSettings(many, {}, 2), {
    status: 'warning',
    detail: 'WEB_CONCURRENCY is 4, but there are 2 cores'
  })
  t.strictSame(
    checkSettings(configOf({}), { ACCES_TOKEN_TTL: '5', RATE_LIMITS: 'on', OTEL_TRACES_EXPORTER: 'none' }),
    {
      status: 'warning',
      detail:
        'ACCES_TOKEN_TTL is no setting; did you mean ACCESS_TOKEN_TTL?; RATE_LIMITS is no setting; did you mean RATE_LIMIT?'
    }
  )
})

t.test('a place that the service could not write to', async t => {
  const cwd = t.testdir({ 'a-file': '', folder: {} })
  symlinkSync(join(cwd, 'nowhere'), join(cwd, 'link'))
  const cases = [
    ['no/folder/x.db', `There is no folder ${cwd}/no, so`],
    ['a-file/x.db', `${cwd}/a-file is not a folder, so`],
    ['a-file/folder/x.db', `${cwd}/a-file is not a folder, so`],
    ['folder', `${cwd}/folder is not a file. Give the path of one.`],
    ['link', `${cwd}/link is a link to a file that is not there. Remove it, or give another path.`]
  ] as const
  for (const [path, line] of cases) {
    const config = configOf({ DATABASE_URL: `file:${cwd}/${path}` })
    const { status, detail } = checkDisk(config)
    t.equal(status, 'fault')
    t.ok(detail.startsWith(line), detail)
    t.throws(() => openSqlite(config.database.url), new SystemError(detail), 'and so does the service')
  }
  t.strictSame(readdirSync(cwd).sort(), ['a-file', 'folder', 'link'], 'nothing was made')

  const refuse = () => {
    throw Object.assign(new Error('EROFS: read-only'), { code: 'EROFS', errno: -constants.errno.EROFS })
  }
  t.equal(
    findObstacle(join(cwd, 'x.db'), refuse),
    `${cwd} cannot be written to, so ${cwd}/x.db cannot be made or used: read-only file system (EROFS). ` +
      'Give this user the right to, or give another path.'
  )
  t.match(
    findObstacle(join(cwd, 'a-file'), path => path === cwd || refuse()),
    /a-file cannot be read and written: /
  )
})

t.test('files that others can read are reported', async t => {
  const file = join(t.testdir(), 'latchkey.db')
  const latchkey = createProgram({ DATABASE_URL: `file:${file}`, PORT: '0' })
  t.equal((await latchkey('migrate')).code, 0)
  chmodSync(file, 0o640)
  t.match(await latchkey('doctor'), {
    code: 0,
    stdout: new RegExp(
      `^warning {2}disk      ${file} can be read by other users of this machine: chmod 600$`,
      'm'
    )
  })
})

t.test('a folder in which others can replace files is reported', async t => {
  const folder = t.testdir()
  const config = configOf({ DATABASE_URL: `file:${folder}/latchkey.db` })
  for (const mode of [0o720, 0o702, 0o1777]) {
    chmodSync(folder, mode)
    t.strictSame(
      checkDisk(config, () => 2 ** 40),
      {
        status: 'warning',
        detail: `${folder} can be written to by other users of this machine: chmod 700`
      }
    )
  }
  chmodSync(folder, 0o755)
  t.equal(checkDisk(config, () => 2 ** 40).status, 'ok')
})

t.test('a file of settings with a secret that others can read is reported', async t => {
  const folder = t.testdir({ '.env': `JWT_SECRET=${GOOD}\n` })
  const file = join(folder, '.env')
  const config = configOf({ JWT_SECRET: GOOD })
  chmodSync(file, 0o640)
  t.strictSame(checkKeys(config, file), {
    status: 'warning',
    detail: `${file} can be read by other users of this machine: chmod 600`
  })
  chmodSync(file, 0o600)
  t.equal(checkKeys(config, file).status, 'ok')
  writeFileSync(file, 'PORT=1\n')
  chmodSync(file, 0o644)
  t.equal(checkKeys(config, file).status, 'ok', 'there is no secret in it')
  t.equal(checkKeys(config, folder).status, 'ok')
  t.equal(checkKeys(config, join(folder, 'none')).status, 'ok')
})

t.test('a kept key that is none', async t => {
  const file = join(t.testdir(), 'latchkey.db')
  writeFileSync(`${file}.key`, 'short')
  t.throws(() => checkKeys(configOf({ DATABASE_URL: `file:${file}` })), {
    message: /^.*\.key: 5 bytes are not a signing key/
  })

  const lost = configOf({ DATABASE_URL: `file:${file}-2` })
  symlinkSync(`${file}-nowhere`, `${file}-2.key`)
  for (const config of [lost, { ...lost, JWT_SECRET: GOOD }]) {
    t.throws(() => checkKeys(config), { message: /-2\.key cannot be read: no such file/ }, 'a lost link')
    t.throws(
      () => loadSigningSecrets(config),
      { name: 'Error', message: /-2\.key cannot be read/ },
      'and so says the service'
    )
  }
})

t.test('ports that are taken, by others or by the service itself', async t => {
  const other = createServer(socket => socket.end('no HTTP\r\n\r\n')).listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  const taken =
    `PORT: ${port} at 127.0.0.1 is in use (EADDRINUSE). Give another one (0 takes any that is free), or end the ` +
    'program that listens there.'
  t.strictSame(await checkPorts(configOf({ PORT: `${port}` })), { status: 'fault', detail: taken })
  t.strictSame(await checkPorts(configOf({ PORT: '0', METRICS_PORT: `${port}` })), {
    status: 'fault',
    detail: `METRICS_${taken}`
  })

  const { app } = await serve(t)
  for (const HOST of ['0.0.0.0', '::1', '::']) {
    const HERE = createHttpServer((request, response) => app.routing(request, response)).listen(0, HOST)
    await once(HERE, 'listening')
    const PORT = `${(HERE.address() as AddressInfo).port}`
    t.match(await checkPorts(configOf({ HOST, PORT })), {
      status: 'warning',
      detail: /^a Latchkey listens there already: PORT: \d+ at .* is in use/
    })
    HERE.closeAllConnections()
    HERE.close()
  }
})

t.test('settings that leave a service open', async t => {
  t.match(checkSettings(configOf({ RATE_LIMIT: 'off' })), { status: 'warning', detail: /RATE_LIMIT/ })
  t.match(checkSettings(configOf({ TRUST_PROXY: 'true' })), { status: 'warning', detail: /TRUST_PROXY/ })
})

t.test('keys that can be guessed, and keys that can be read', async t => {
  const weak = ['a'.repeat(64), 'abababababababababababababababababab', `change-me-${GOOD}`]
  for (const JWT_SECRET of weak)
    t.match(checkKeys(configOf({ JWT_SECRET: `${GOOD},${JWT_SECRET}` })), {
      status: 'fault',
      detail: /^secret 2 can be guessed/
    })
  for (let round = 0; round < 100; round += 1) {
    const { stdout } = await createProgram()('keys', 'generate', '--algorithm', 'HS256', '--json')
    t.match(checkKeys(configOf({ JWT_SECRET: JSON.parse(stdout).secret })), { status: 'ok' })
  }

  const { file } = createEd25519Key('doctor')
  chmodSync(file, 0o600)
  t.match(checkKeys(configOf({ JWT_PRIVATE_KEY_FILE: file })), {
    status: 'ok',
    detail: '1 private, 0 secret'
  })
  chmodSync(file, 0o644)
  t.match(checkKeys(configOf({ JWT_PRIVATE_KEY_FILE: file })), {
    status: 'warning',
    detail: `${file} can be read`
  })

  const database = join(t.testdir(), 'latchkey.db')
  writeFileSync(`${database}.key`, GOOD, { mode: 0o640 })
  t.match(checkKeys(configOf({ DATABASE_URL: `file:${database}` })), {
    status: 'warning',
    detail: `${database}.key can be read`
  })
})

t.test('sealing keys that can be guessed or read, or are missing', async t => {
  t.strictSame(checkSealing(configOf({ SEALING_KEY: GOOD })), { status: 'ok', detail: '1 secret' })
  t.match(checkSealing(configOf({ SEALING_KEY: `${GOOD},${'a'.repeat(64)}` })), {
    status: 'fault',
    detail: 'secret 2 can be guessed; latchkey keys generate creates a better one'
  })
  const database = join(t.testdir(), 'latchkey.db')
  const config = configOf({ DATABASE_URL: `file:${database}` })
  t.strictSame(checkSealing(config), {
    status: 'ok',
    detail: 'a secret will be created at the first start'
  })
  writeFileSync(`${database}.sealing.key`, GOOD, { mode: 0o640 })
  t.match(checkSealing(config), {
    status: 'warning',
    detail: `${database}.sealing.key can be read by other users of this machine: chmod 600`
  })
  writeFileSync(`${database}.sealing.key`, 'short')
  t.throws(() => checkSealing(config), {
    message:
      /\.sealing\.key: 5 bytes are not a sealing key\. Restore the file, or remove it to make all authenticator apps worthless\.$/
  })
  const postgres = { DATABASE_URL: 'postgres://ada@localhost/latchkey', JWT_SECRET: GOOD }
  t.strictSame(checkSealing(configOf(postgres)), {
    status: 'warning',
    detail: 'without SEALING_KEY nobody can set up an authenticator app'
  })
  const envFile = join(t.testdir(), '.env')
  writeFileSync(envFile, `SEALING_KEY=${GOOD}\n`, { mode: 0o644 })
  t.match(checkSealing(configOf({ SEALING_KEY: GOOD }), undefined, envFile), {
    detail: `${envFile} can be read`
  })
})

t.test('a database that is damaged, behind, ahead, or short of connections', async t => {
  const cwd = t.testdir()
  const DATABASE_URL = `file:${cwd}/latchkey.db`
  const latchkey = createProgram({ DATABASE_URL, PORT: '0' })
  await latchkey('migrate')
  const connection = new Database(`${cwd}/latchkey.db`)
  connection.exec("insert into __drizzle_migrations (hash, created_at) values ('x', 9999999999999)")
  t.match(await latchkey('doctor'), { code: 1, stdout: /^fault {4}database .*has a newer schema/m })
  connection.exec('update __drizzle_migrations set created_at = 1')
  t.match(await latchkey('doctor'), {
    code: 0,
    stdout: /^warning {2}database .* \d+ migrations are pending/m
  })
  connection.exec('drop table __drizzle_migrations')
  t.match(await latchkey('doctor'), {
    code: 1,
    stdout: /^fault {4}database .*is not a database of Latchkey$/m
  })
  connection.close()
  writeFileSync(`${cwd}/latchkey.db`, 'no database at all, but some text')
  t.match(await latchkey('doctor'), { code: 1, stdout: /^fault {4}database .*file is not a database$/m })

  const inspection = {
    version: 'PostgreSQL 18',
    pendingMigrations: 0,
    latestWrite: undefined,
    groups: [],
    connections: 100
  }
  for (const [pool, workers, connections] of [
    ['101', '1', 102],
    ['100', '1', 101],
    ['98', '2', undefined],
    ['98', '3', undefined],
    ['99', '3', 102],
    ['99', '2', undefined],
    ['100', '2', 102],
    ['1', '50', undefined],
    ['1', '51', 102]
  ] as const)
    t.strictSame(
      checkDatabase(
        inspection,
        configOf({
          DATABASE_URL: 'postgres:///d',
          JWT_SECRET: GOOD,
          DATABASE_POOL_MAX: pool,
          WEB_CONCURRENCY: workers
        })
      ),
      connections === undefined
        ? { status: 'ok', detail: 'PostgreSQL 18, intact, schema up to date' }
        : {
            status: 'fault',
            detail: `an instance opens up to ${connections} connections, with the one on which each process listens, but PostgreSQL 18 grants 100: lower DATABASE_POOL_MAX or WEB_CONCURRENCY, or raise max_connections of the server`
          },
      `${pool} over ${workers}`
    )
  const away = await createProgram({ DATABASE_URL: 'postgres://127.0.0.1:1/x', JWT_SECRET: GOOD })('doctor')
  t.match(away, { code: 1, stdout: /^fault {4}database {2}127\.0\.0\.1:1: .*ECONNREFUSED/m })
})

t.test('a database with nothing in it', async t => {
  const url = SERVER ? await createDatabase(SERVER) : `file:${t.testdir()}/latchkey.db`
  const latchkey = createProgram({ DATABASE_URL: url, JWT_SECRET: GOOD, PORT: '0' })
  if (SERVER) t.match(await latchkey('doctor'), { code: 0, stdout: /^warning {2}database .*pending/m })
  t.match(await latchkey('migrate'), { code: 0, stdout: /^The database has the schema of 20.*Z\.\n$/ })
  t.match(await latchkey('doctor'), { code: 0, stdout: /^ok {7}database /m })
})

const skip = !SERVER && 'needs PostgreSQL'
t.test('the server grants fewer connections than an instance opens', { skip }, async t => {
  const settings = await sharedSettings(t)
  await serve(t, settings)
  const limits = { DATABASE_POOL_MAX: '1000', WEB_CONCURRENCY: '3' }
  const { code, stdout } = await createProgram({ ...settings, ...limits })('doctor')
  // Behind a pooler, as in test/pooler.ts, the limits are those of the pooler.
  const isPooled = /^ok {7}database {2}PostgreSQL \d.* behind a pooler, intact, schema up to date$/m.test(
    stdout
  )
  if (isPooled) return
  t.equal(code, 1)
  t.match(
    stdout,
    /^fault {4}database {2}an instance opens up to 1002 connections, .*, but PostgreSQL \d.* grants 297: lower DATABASE_POOL_MAX /m
  )
})

t.test('a pooler is reported, and has its own limits', { skip }, async t => {
  const settings = await sharedSettings(t)
  await serve(t, settings)
  const { url } = await startFakePooler(t, settings.DATABASE_URL)
  t.match(await createProgram({ ...settings, DATABASE_URL: url, DATABASE_POOL_MAX: '1000' })('doctor'), {
    stdout: /^ok {7}database {2}PostgreSQL \d.* behind a pooler, intact, schema up to date$/m
  })
})

t.test('a clock that is wrong', async t => {
  const settings = await sharedSettings(t)
  const service = await serve(t, settings)
  await service.signUp()
  const now = () => new Date('2025-12-31T23:00:00.000Z')
  const made = new Date('2025-01-01T00:00:00.000Z')
  const inspection = {
    version: '',
    pendingMigrations: 0,
    groups: [],
    latestWrite: new Date('2026-01-01T00:00:00.000Z')
  }
  t.match(checkClock(inspection, now(), made), {
    status: 'fault',
    detail: /has an event of 2026-01-01T00:00:00/
  })
  t.match(checkClock(undefined, new Date(0), made), {
    status: 'fault',
    detail: /1970.*which is before this version was built/
  })
  const clock = new Date(now().getTime() + 1500)
  t.match(
    checkClock({ version: '', pendingMigrations: 0, groups: [], latestWrite: undefined, clock }, now(), made),
    {
      status: 'warning',
      detail: /at the database$/
    }
  )
  t.match(await createProgram(settings, { now })('doctor'), { code: 1, stdout: /^fault {4}clock/m })
})

t.test('a disk that is full', async t => {
  t.strictSame(checkDisk(configOf({})), { status: 'ok', detail: 'no file on this machine' })
  const cwd = t.testdir()
  const config = configOf({ DATABASE_URL: `file:${cwd}/c/latchkey.db` })
  const cases = [
    [1024, 'ok'],
    [1023, 'warning'],
    [64, 'warning'],
    [63, 'fault']
  ] as const
  for (const [mebibytes, status] of cases)
    t.strictSame(
      checkDisk(config, folder => (folder === cwd ? mebibytes * 2 ** 20 : 0)),
      { status, detail: `${mebibytes} MiB free for ${cwd}/c/latchkey.db` }
    )
})

t.test('authenticator apps whose key is not there, or is an old one', async t => {
  const [other, foreign] = [
    'Zr8kQ1wXn5bV3mLs7tYc0uJp9dGh2fAe6iRoKxBvT4M',
    'qP6sD2nVx8zL4cJw0hTb7mRk5yGf1uAe9oQiXsWv3NB'
  ]
  const settings = { ...(await sharedSettings(t)), JWT_SECRET: GOOD.toUpperCase(), PORT: '0' }
  const service = await serveFactors(t, { ...settings, SEALING_KEY: GOOD })
  await service.addTotp()
  const begun = async () =>
    service.call('POST', '/api/auth/factors/totp', { token: service.pair.accessToken })
  t.equal((await begun()).status, 201, 'one that is not confirmed does not count')
  const lineWith = async (SEALING_KEY: string) => {
    const { stdout } = await createProgram({ ...settings, SEALING_KEY })('doctor')
    return stdout.split('\n').find(line => line.includes('  sealing '))
  }
  t.equal(await lineWith(GOOD), 'ok       sealing   1 secret')
  t.equal(
    await lineWith(`${other},${GOOD}`),
    'ok       sealing   2 secret; 1 authenticator app is sealed by an older key, which must stay'
  )
  t.equal(
    await lineWith(other),
    'warning  sealing   1 authenticator app is sealed by a key that is not there: add it to SEALING_KEY'
  )
  await service.addTotp()
  t.equal(
    await lineWith(`${other},${foreign}`),
    'warning  sealing   2 authenticator apps are sealed by a key that is not there: add it to SEALING_KEY'
  )
  const version = {
    version: '',
    pendingMigrations: 0,
    latestWrite: undefined,
    groups: [{ name: 'x', count: 3 }]
  }
  t.strictSame(checkSealing(configOf({ DATABASE_URL: `file:${t.testdir()}/none.db` }), version), {
    status: 'warning',
    detail: '3 authenticator apps are sealed by a key that is not there: add it to SEALING_KEY'
  })
})
