import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { sqliteKit } from '../../src/db/columns.ts'
import type { Invalidation } from '../../src/db/engine.ts'
import { isUnavailable } from '../../src/db/errors.ts'
import { createReadCaches } from '../../src/db/sqlite/cache.ts'
import { allTables } from '../../src/features.ts'

const SCHEMA = `
  create table users (id text primary key, name text);
  create table sessions (id text primary key, user_id text references users on delete cascade, ended_at integer);
  create table todos (id text primary key, user_id text);
  insert into users values ('ada', 'Ada'), ('eve', 'Eve');
  insert into sessions values ('a1', 'ada', null), ('a2', 'ada', null), ('e1', 'eve', null);
`

const { users, sessions } = allTables(sqliteKit)
const SESSION_WRITES: Invalidation[] = [
  { table: sessions, on: ['update', 'delete'], id: sessions.id },
  { table: users, on: ['update', 'delete'] }
]

/** Sessions that are cached, and how often each was read. */
function open(t: Test) {
  const file = `${t.testdir()}/trial.db`
  const connection = new Database(file)
  const other = new Database(file)
  t.teardown(() => {
    connection.close()
    other.close()
  })
  connection.pragma('journal_mode = WAL')
  connection.pragma('foreign_keys = ON')
  connection.exec(SCHEMA)
  const cached = createReadCaches(connection)
  const reads: string[] = []
  const find = connection.prepare<[string], { name: string; endedAt: number | null }>(
    'select name, ended_at as endedAt from sessions join users on users.id = user_id where sessions.id = ?'
  )
  const session = cached(async ids => {
    reads.push(...ids)
    const rows = ids.map(id => [id, find.get(id)] as const)
    return new Map(rows.flatMap(([id, row]) => (row ? [[id, row]] : [])))
  }, SESSION_WRITES)
  return { connection, other, cached, session, reads }
}

t.test('a session is read once, as long as nobody writes to it', async t => {
  const { connection, session, reads } = open(t)
  for (const _ of [1, 2, 3]) t.strictSame(await session('a1'), { name: 'Ada', endedAt: null })
  connection.exec("insert into todos values ('t', 'ada')")
  connection.exec("insert into users values ('bob', 'Bob')")
  connection.exec("insert into sessions values ('b1', 'bob', null)")
  connection.exec("update sessions set ended_at = 1 where id = 'e1'")
  await session('a1')
  t.strictSame(reads, ['a1'])
})

const writes = {
  'its end': ["update sessions set ended_at = 1 where id = 'a1'", { name: 'Ada', endedAt: 1 }],
  'its removal': ["delete from sessions where id = 'a1'", undefined],
  'a new name of its user': ["update users set name = 'Countess' where id = 'ada'", { name: 'Countess' }],
  'the removal of its user': ["delete from users where id = 'ada'", undefined]
} as const

for (const [what, [statement, expected]] of Object.entries(writes))
  t.test(`[V7.4.1] no memory outlives ${what}, by this connection or another`, async t => {
    for (const by of ['connection', 'other'] as const) {
      const trial = open(t)
      t.equal((await trial.session('a1'))?.name, 'Ada')
      trial[by].pragma('foreign_keys = ON')
      trial[by].exec(statement)
      t.match(await trial.session('a1'), expected, `by ${by}`)
    }
  })

t.test('a write that comes while it is read is not missed', async t => {
  const { connection, cached } = open(t)
  const { promise, resolve } = Promise.withResolvers<void>()
  let name = 'old'
  const session = cached(async () => {
    const read = name
    await promise
    return new Map([['a1', read]])
  }, SESSION_WRITES)
  const first = session('a1')
  connection.exec("update users set name = 'new'")
  name = 'new'
  resolve()
  t.equal(await first, 'old')
  t.equal(await session('a1'), 'new')
})

t.test('what is not there is not remembered, and no more than fits', async t => {
  const { session, reads, cached } = open(t)
  await session('none')
  await session('none')
  t.strictSame(reads, ['none', 'none'])

  let count = 0
  const number = cached(async ids => new Map(ids.map(id => [id, ++count])), [])
  for (let id = 0; id <= 10_000; id++) await number(`${id}`)
  t.equal(await number('10000'), 10_001, 'the last one')
  t.equal(await number('0'), 10_002, 'none of those before')
})

t.test('a database that is closed is not available', async t => {
  const { connection, session } = open(t)
  await session('a1')
  connection.close()
  const readAgain = async () => session('a1')
  for (const answer of [readAgain(), readAgain()]) t.ok(isUnavailable(await answer.catch(error => error)))
})

t.test('whether others wrote is asked once for what is read in one go', async t => {
  const { other, session, cached } = open(t)
  let count = 0
  const number = cached(async ids => new Map(ids.map(id => [id, ++count])), [])
  await Promise.all([session('a1'), number('n')])
  const first = session('a1')
  other.exec("update sessions set ended_at = 1 where id = 'a1'")
  const second = number('n')
  t.match(await Promise.all([first, second]), [{ endedAt: null }, 1])
  t.match(await Promise.all([session('a1'), number('n')]), [{ endedAt: 1 }, 2])
})
