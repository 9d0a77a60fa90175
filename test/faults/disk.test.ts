import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SQL, sql } from 'drizzle-orm'
import t, { type Test } from 'tap'
import { createDatabase, query } from '../support/databases.ts'
import { expectedProblem, PASSWORD, type Pair, type Service, serve } from '../support/service.ts'

const SERVER = process.env.TEST_DATABASE_URL

/**
 * Whoever writes is refused, whoever reads is not, nothing is half done, and with the fault the refusals go.
 * @param meanwhile what is still done while the fault lasts
 */
async function outlives(
  t: Test,
  service: Service,
  begin: () => unknown,
  end: () => unknown,
  meanwhile: () => unknown = () => {}
) {
  const { call, signUp, clock } = service
  const { accessToken: token, user } = await signUp()
  const add = (title = 'x') => call('POST', '/api/todos', { token, body: { title } })
  const login = () => call('POST', '/api/auth/login', { body: { email: user.email, password: PASSWORD } })
  const listed = async () => (await call('GET', '/api/todos', { token })).body.items.length
  t.equal((await add('to be found')).status, 201)
  const ready = () => call('GET', '/health/ready')
  t.equal((await ready()).status, 200)

  await begin()
  const before = await listed()
  // What fits into the last pages may still be written.
  let refused = await add('x'.repeat(200))
  let written = before
  for (; refused.status === 201 && written < 5000; written += 1) refused = await add('x'.repeat(200))
  t.match(refused, { status: 503, headers: { 'retry-after': '5' } })
  t.strictSame(refused.body, expectedProblem(refused, 503, 'database_unavailable', { action: 'retry-later' }))
  t.equal(await listed(), Math.min(written, 50), 'reads go on, and find what was acknowledged')
  t.match(await call('GET', '/api/todos?q=found', { token }), {
    status: 200,
    body: { items: [{ title: 'to be found' }] }
  })
  const unready = await ready()
  t.strictSame(
    unready.body,
    expectedProblem(unready, 503, 'database_unavailable', { action: 'retry-later' }),
    'nobody is sent here'
  )
  t.equal((await call('GET', '/health/live')).status, 200)
  await meanwhile()
  t.equal((await ready()).status, 503)

  await end()
  t.equal((await ready()).status, 200, 'without a write from outside')
  clock.advance(1)
  t.equal((await add()).status, 201, 'it recovers by itself')
  t.equal((await login()).status, 200)
}

/** The connection of the service, as only a test may use it. */
const connectionOf = ({ app }: Service) =>
  app.store.db as unknown as Record<'get' | 'run', (statement: SQL) => Record<string, number>>

t.test('a SQLite database that may not grow', async t => {
  const service = await serve(t, { DATABASE_URL: ':memory:' })
  const connection = connectionOf(service)
  const limit = (pages?: number) => connection.run(sql.raw(`pragma max_page_count = ${pages}`))
  await outlives(
    t,
    service,
    () => limit(connection.get(sql`select page_count as pages from pragma_page_count`).pages),
    () => limit(1_000_000)
  )
})

t.test('a SQLite database that may not be written to', async t => {
  const service = await serve(t, { DATABASE_URL: ':memory:' })
  const { accessToken: token } = await service.signUp()
  const connection = connectionOf(service)
  await outlives(
    t,
    service,
    () => connection.run(sql`pragma query_only = 1`),
    () => connection.run(sql`pragma query_only = 0`),
    async () => {
      const logout = await service.call('POST', '/api/auth/logout', { token })
      t.strictSame(
        logout.body,
        expectedProblem(logout, 503, 'database_unavailable', { action: 'retry-later' })
      )
      t.equal((await service.call('GET', '/api/todos', { token })).status, 200, 'what is told is so')
    }
  )
})

const needsRoot = { skip: process.getuid?.() !== 0 && 'only root may mount a small disk' }

function mountSmallDisk(t: Test): string {
  const disk = mkdtempSync(join(tmpdir(), 'latchkey-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk])
  t.teardown(() => {
    execFileSync('umount', ['--lazy', disk])
    rmSync(disk, { recursive: true })
  })
  return disk
}

t.test('nobody uses up what others need to sign out on a full disk', needsRoot, async t => {
  const { call, signUp } = await serve(t, { DATABASE_URL: `file:${mountSmallDisk(t)}/latchkey.db` })
  const people: Pair[] = []
  for (let count = 0; count < 40; count += 1) people.push(await signUp())
  const { accessToken: token } = await signUp()
  const add = (body: object) => call('POST', '/api/todos', { token, body })
  const ids: string[] = []
  for (let count = 0; count < 60; count += 1) ids.push((await add({ title: 'x' })).body.id)
  async function fill() {
    for (const description of ['word '.repeat(1900), ''])
      while ((await add({ title: 'x', description })).status === 201);
  }

  await fill()
  for (const id of ids) {
    t.match((await call('DELETE', `/api/todos/${id}?permanent=true`, { token })).status, /^(200|503)$/)
    await fill()
  }
  for (const { accessToken } of people) {
    t.equal((await call('POST', '/api/auth/logout', { token: accessToken })).status, 204)
    t.equal((await call('GET', '/api/todos', { token: accessToken })).status, 401)
    await fill()
  }
})

t.test('a disk that is full', needsRoot, async t => {
  const disk = mountSmallDisk(t)
  const service = await serve(t, { DATABASE_URL: `file:${disk}/latchkey.db` })
  const filler = join(disk, 'filler')
  function fill() {
    for (let size = 16 * 2 ** 20; size >= 4096; size /= 2)
      try {
        writeFileSync(filler, Buffer.alloc(size), { flag: 'a' })
      } catch {
        // What did fit is there.
      }
  }
  const { call, signUp } = service
  const people = []
  for (let count = 0; count < 12; count += 1) people.push(await signUp())
  const [{ accessToken: token }, { accessToken: other }, thief, ...rest] = people as [
    Pair,
    Pair,
    Pair,
    ...Pair[]
  ]
  const { body: todo } = await call('POST', '/api/todos', { token: other, body: { title: 'x' } })
  const status = async (...request: Parameters<typeof call>) => (await call(...request)).status

  async function signOut() {
    t.equal(await status('DELETE', `/api/todos/${todo.id}?permanent=true`, { token: other }), 200)
    const [session] = (await call('GET', '/api/auth/sessions', { token })).body.items
    t.equal(await status('DELETE', `/api/auth/sessions/${session.id}`, { token }), 204)
    t.equal(await status('POST', '/api/auth/logout', { token: other, body: { scope: 'all' } }), 204)
    for (const { accessToken } of rest) {
      t.equal(await status('POST', '/api/auth/logout', { token: accessToken }), 204)
      t.equal(await status('GET', '/api/todos', { token: accessToken }), 401)
    }
    t.equal(await status('GET', '/api/todos', { token: other }), 401)
    fill()
    t.equal(await status('POST', '/api/todos', { token: thief.accessToken, body: { title: 'x' } }), 503)
  }
  await outlives(t, service, fill, () => rmSync(filler), signOut)
  t.equal(await status('GET', '/api/todos', { token }), 401)
  t.equal(await status('GET', '/api/todos', { token: thief.accessToken }), 200)
})

t.test('a server that has become read-only', { skip: !SERVER && 'needs PostgreSQL' }, async t => {
  const url = await createDatabase(SERVER as string)
  const service = await serve(t, { DATABASE_URL: url })
  const name = new URL(url).pathname.slice(1)
  async function set(value: 'on' | 'off') {
    await query(SERVER as string, `alter database ${name} set default_transaction_read_only = ${value}`)
    await query(
      SERVER as string,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`
    )
    // The pool learns of it with the next request on each connection.
    while ((await service.call('GET', '/health/ready')).status !== 200);
  }
  await outlives(
    t,
    service,
    () => set('on'),
    () => set('off')
  )
})

t.test('a server whose disk is full', { skip: !SERVER && 'needs PostgreSQL' }, async t => {
  const url = await createDatabase(SERVER as string)
  const service = await serve(t, { DATABASE_URL: url })
  const fail = `create function fail() returns trigger language plpgsql as
    $$ begin raise 'could not extend file: No space left on device' using errcode = '53100'; end $$`
  const tables = ['todos', 'sessions', 'drizzle.__drizzle_migrations']
  const begin = [
    fail,
    ...tables.map(table => `create trigger fail before insert on ${table} execute function fail()`)
  ]
  await outlives(
    t,
    service,
    () => query(url, begin.join(';')),
    () => query(url, 'drop function fail cascade')
  )
})
