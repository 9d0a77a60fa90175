import { chmodSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import Database from 'better-sqlite3'
import { eq, type SQL, sql } from 'drizzle-orm'
import t from 'tap'
import { loadSigningSecrets } from '../../src/auth/tokens/signing-secrets.ts'
import { ConfigError, readConfig } from '../../src/config/config.ts'
import { DatabaseError, StatementError } from '../../src/db/errors.ts'
import { param, prepareStatements } from '../../src/db/statements.ts'
import { openStore } from '../../src/db/store.ts'
import { allTables } from '../../src/features.ts'
import { restrictToOwner } from '../../src/process/private-files.ts'
import { todoTables } from '../../src/todos/tables.ts'
import { serve } from '../support/service.ts'

const log = { info() {}, warn() {} }
const open = (url: string) => openStore({ url, poolMax: 1, now: () => new Date(), log })

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

t.test('acknowledged means on disk, at the first open and at every later one', async t => {
  const file = join(t.testdir(), 'latchkey.db')
  for (const url of [`file:${file}`, `file:${file}`, pathToFileURL(file).href]) {
    const store = await open(url)
    const pragma = async (name: string) => {
      const [row] = await store.db
        .select({ value: sql<unknown>`${sql.identifier(name)}` })
        .from(sql`${sql.identifier(`pragma_${name}`)}`)
      return row?.value
    }
    t.equal(await pragma('journal_mode'), 'wal')
    t.equal(await pragma('synchronous'), 2, 'FULL')
    t.equal(await pragma('foreign_keys'), 1)
    t.equal(await pragma('page_size'), 2048)
    t.equal(await pragma('temp_store'), 2, 'MEMORY')
    await store.close()
  }
})

t.test(
  'no statement is planned by the values that it is given, lest it be planned anew with each',
  async t => {
    const store = await open(':memory:')
    const { db, kit } = store
    const { sessions } = allTables(kit)
    const value = sql.placeholder('value')
    for (const statement of [
      db.select().from(sessions).where(eq(sessions.userId, value)).limit(value),
      db
        .update(sessions)
        .set({ generation: 1 })
        .where(eq(sessions.id, param(sessions.id, 'value'))),
      db.delete(sessions).where(eq(sessions.id, 'one of Drizzle’s own making'))
    ])
      t.strictSame([...new Set(statement.toSQL().sql.match(/.\?/g))], ['+?'])
    await store.close()
  }
)

t.test('the write-ahead log grows while somebody reads, and is cut when it begins anew', async t => {
  const file = join(t.testdir(), 'latchkey.db')
  const store = await open(`file:${file}`)
  t.teardown(() => store.close())
  const { throttles } = allTables(store.kit)
  const now = new Date()
  const write = (id: string) =>
    store.db.insert(throttles).values({ id, failures: 0, blockedUntil: now, updatedAt: now }).execute()
  const sizeOfLog = () => statSync(`${file}-wal`).size

  const reader = new Database(file, { readonly: true })
  reader.exec('begin; select count(*) from throttles')
  for (const letter of 'abcdefghijklmnopqr') await write(letter.repeat(2 ** 20))
  t.ok(sizeOfLog() > 16_777_216, 'what the reader may still ask for is kept')
  reader.close()

  await write('checkpoint')
  await write('anew')
  t.equal(sizeOfLog(), 16_777_216)
})

t.test('the first start makes the database and the key, for their owner only', async t => {
  const folder = join(t.testdir(), 'data')
  const url = `file:${folder}/latchkey.db`
  const store = await open(url)
  t.teardown(() => store.close())
  t.equal(modeOf(folder), '700')

  const config = readConfig({ DATABASE_URL: url })
  const [secret = ''] = loadSigningSecrets(config)
  t.equal(modeOf(`${folder}/latchkey.db.key`), '600')
  t.ok(Buffer.byteLength(secret) >= 32)
  t.strictSame(loadSigningSecrets(config), [secret], 'and keeps it')

  writeFileSync(`${folder}/latchkey.db.key`, 'short\n')
  t.throws(
    () => loadSigningSecrets(config),
    new ConfigError(
      `${folder}/latchkey.db.key: 5 bytes are not a signing key. ` +
        'Restore the file, or remove it to sign everybody out.'
    )
  )
})

t.test('a key that cannot be kept stops the start', async t => {
  const url = `file:${t.testdir({ 'latchkey.db.key': {} })}/latchkey.db`
  t.throws(() => loadSigningSecrets(readConfig({ DATABASE_URL: url })), {
    message: /latchkey\.db\.key cannot be read: it is not a file\.$/
  })
  const missing = `file:${t.testdir()}/no/latchkey.db`
  t.throws(() => loadSigningSecrets(readConfig({ DATABASE_URL: missing })), { code: 'ENOENT' })
})

t.test('what anybody may read is closed to them; what a group may was meant so', async t => {
  const file = join(t.testdir(), 'latchkey.db')
  const url = `file:${file}`
  const umask = process.umask(0)
  t.teardown(() => process.umask(umask))
  const first = await open(url)
  t.strictSame(first.databaseInfo, { database: file, isNew: true })
  await first.close()
  loadSigningSecrets(readConfig({ DATABASE_URL: url }))
  for (const [mode, expected] of [
    [0o644, '600'],
    [0o666, '600'],
    [0o640, '640']
  ] as const) {
    for (const suffix of ['', '.key']) chmodSync(`${file}${suffix}`, mode)
    const store = await open(url)
    t.strictSame(store.databaseInfo, { database: file, isNew: false })
    loadSigningSecrets(readConfig({ DATABASE_URL: url }))
    await store.db.update(allTables(store.kit).users).set({ username: 'x' }).execute()
    const files = ['', '-wal', '-shm', '.key'].map(suffix => modeOf(`${file}${suffix}`))
    t.strictSame(files, [expected, expected, expected, expected])
    await store.close()
  }
  chmodSync(file, 0o644)
  restrictToOwner(file, () => {
    throw new Error('EPERM')
  })
  t.equal(modeOf(file), '644', 'what is somebody else’s stays as it is')
})

t.test('another program’s database is left alone', async t => {
  const file = join(t.testdir(), 'places.sqlite')
  new Database(file).exec('create table users (id)').close()
  await t.rejects(
    open(`file:${file}`),
    new DatabaseError(`${file} is not a database of Latchkey. Give another path.`)
  )
  writeFileSync(file, 'no database at all, but some text')
  await t.rejects(open(`file:${file}`), new DatabaseError(`${file} cannot be used: file is not a database`))
})

t.test('a database in memory has a key of its own each time', async t => {
  const config = readConfig({ DATABASE_URL: ':memory:' })
  t.not(loadSigningSecrets(config)[0], loadSigningSecrets(config)[0])
})

t.test('a newer schema is refused', async t => {
  const file = join(t.testdir(), 'latchkey.db')
  await (await open(`file:${file}`)).close()
  const connection = new Database(file)
  connection.exec("insert into __drizzle_migrations (hash, created_at) values ('x', 9999999999999)")
  connection.close()
  await t.rejects(open(`file:${file}`), {
    message:
      /^The database has a newer schema \(2286-.*\) than this version of Latchkey knows \(20.*\)\. Start the newer version/
  })
})

t.test('a statement without one of its values fails', async t => {
  const store = await open(':memory:')
  t.teardown(() => store.close())
  const { find } = prepareStatements('trial', allTables, (db, { users }) => ({
    find: db
      .select()
      .from(users)
      .where(eq(users.id, param(users.id, 'id')))
  }))(store)
  t.strictSame(await find.execute({ id: 'a' }), [])
  await t.rejects(find.execute(), new StatementError('trial_find', new Error('there is no value for id')))
})

t.test(
  'a search goes on without its index where that cannot be written, and not where it is broken',
  async t => {
    const { app, call, signUp } = await serve(t, { DATABASE_URL: ':memory:' })
    const { accessToken: token } = await signUp()
    await call('POST', '/api/todos', { token, body: { title: 'milk' } })
    const connection = app.store.db as unknown as { run: (statement: SQL) => void }
    connection.run(sql`pragma query_only = 1`)
    t.match(await call('GET', '/api/todos?q=milk', { token }), { body: { items: [{ title: 'milk' }] } })
    connection.run(sql`pragma query_only = 0`)
    connection.run(sql`drop table todos_search`)
    const broken = await call('GET', '/api/todos?q=mil', { token })
    t.equal(broken.body.code, 'internal_error')
  }
)

t.test('what ends a session has the whole reserve, and fails when that does not do', async t => {
  const url = `file:${join(t.testdir(), 'latchkey.db')}`
  const store = await openStore({ url, poolMax: 1, now: () => new Date(), log: { warn() {} } })
  t.teardown(() => store.close())
  let tries = 0
  const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })
  const step = (fails: number, reserveShare = 1) => ({
    name: 'full',
    reserveShare,
    run() {
      tries += 1
      if (tries <= fails) throw full
      return []
    }
  })
  t.strictSame(await store.atomically(step(3)), [[]])
  t.equal(tries, 4)
  tries = 0
  await t.rejects(store.atomically(step(Number.POSITIVE_INFINITY)), {
    code: 'SQLITE_FULL',
    isUnavailable: true
  })
  const triesWithAll = tries
  t.ok(triesWithAll > 4)
  tries = 0
  await t.rejects(store.atomically(step(Number.POSITIVE_INFINITY, 0.5)), { code: 'SQLITE_FULL' })
  t.ok(tries < triesWithAll, 'others have less of it')
  const inMemory = await openStore({ url: ':memory:', poolMax: 1, now: () => new Date(), log: { warn() {} } })
  t.teardown(() => inMemory.close())
  tries = 0
  await t.rejects(inMemory.atomically(step(1)), { code: 'SQLITE_FULL' }, 'memory has no reserve')
  const wrong = () => {
    throw new Error('wrong')
  }
  const other = store.atomically({ name: 'other', reserveShare: 1, run: wrong })
  await t.rejects(other, { message: 'other: wrong', isUnavailable: false }, 'room mends nothing else')
})

t.test('a closed database is named as the reason wherever rows are looked for', async t => {
  const store = await openStore({ url: ':memory:', poolMax: 1, now: () => new Date(), log: { warn() {} } })
  const { userId } = todoTables(store.kit).todos
  t.equal(store.hasManyRows?.(userId, 'ada'), false)
  await store.close()
  t.throws(() => store.hasManyRows?.(userId, 'ada'), {
    message: 'todos_many: The database connection is not open'
  })
})

t.test('a probe fails for as long as the reserve cannot be filled again', async t => {
  const url = `file:${join(t.testdir(), 'latchkey.db')}`
  const store = await openStore({ url, poolMax: 1, now: () => new Date(), log: { warn() {} } })
  await store.probeWrite()
  await store.close()
  await t.rejects(store.probeWrite(), { message: 'there is no room left on the disk' })
})
