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

const { users, sessions, todos } = allTables(sqliteKit)
const SESSION_WRITES: Invalidation[] = [
  { table: sessions, on: ['update', 'delete'], id: sessions.id },
  { table: users, on: ['update', 'delete'] }
]
const TODO_WRITES: Invalidation[] = [{ table: todos, on: ['insert', 'update', 'delete'], id: todos.userId }]

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
  const { cached, createTextCache } = createReadCaches(connection)
  const cachedText = createTextCache(TODO_WRITES)
  const reads: string[] = []
  const find = connection.prepare<[string], { name: string; endedAt: number | null }>(
    'select name, ended_at as endedAt from sessions join users on users.id = user_id where sessions.id = ?'
  )
  const session = cached(async ids => {
    reads.push(...ids)
    const rows = ids.map(id => [id, find.get(id)] as const)
    return new Map(rows.flatMap(([id, row]) => (row ? [[id, row]] : [])))
  }, SESSION_WRITES)
  return { connection, other, cached, cachedText, session, reads }
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
  const inOneGo = [session('a1'), session('a1')]
  for (const answer of inOneGo) t.ok(isUnavailable(await answer.catch(error => error)))
})

t.test('a text of a user’s todos is made once, as long as nobody writes to them', async t => {
  const writes = [
    "insert into todos values ('n', 'ada')",
    "update todos set id = 'm' where id = 'n'",
    "delete from todos where id = 'm'"
  ]
  for (const by of ['connection', 'other'] as const) {
    const trial = open(t)
    let count = 0
    const read = async () => ({ text: `${++count}` })
    const list = (what = 'a', userId = 'ada') => trial.cachedText(userId, what, read)
    t.strictSame(
      [await list(), await list(), await list('b'), await list('a', 'eve')].map(({ text }) => text),
      ['1', '1', '2', '3']
    )
    for (const [n, write] of writes.entries()) {
      trial[by].exec(write)
      t.strictSame(await list(), { text: `${4 + n}` }, `${write} by ${by}`)
    }
  }
  const { connection, cachedText } = open(t)
  connection.exec("insert into todos values ('n', 'eve')")
  const meanwhile = async () => {
    connection.exec("update todos set user_id = 'eve'")
    return { text: 'old' }
  }
  await cachedText('eve', 'a', meanwhile)
  t.match(
    await cachedText('eve', 'a', async () => ({ text: 'new' })),
    { text: 'new' },
    'a write that comes while it is read'
  )
})

t.test('no more texts are remembered than fit, and none that is long', async t => {
  const { connection, cachedText } = open(t)
  const keep = (what: string, text: string) => cachedText('ada', what, async () => ({ text }))
  await keep('long', 'x'.repeat(32_769))
  t.match(await keep('long', 'again'), { text: 'again' })
  const long = 'x'.repeat(32_768)
  const fill = async (count: number) => {
    for (let n = 0; n < count; n++) await keep(`${n}`, long)
  }
  await fill(481)
  t.match(await keep('0', 'again'), { text: long })
  await keep('481', 'the last')
  t.match(await keep('481', 'again'), { text: 'the last' })
  t.match(await keep('0', 'again'), { text: 'again' }, 'it began anew')

  for (let round = 0; round < 3; round++) {
    connection.exec("insert into todos (user_id) values ('ada')")
    await fill(481)
    t.match(await keep('0', 'again'), { text: long }, 'what was forgotten does not count')
  }
})

t.test('names of texts take room as well, long ones are not remembered', async t => {
  const { cachedText } = open(t)
  let reads = 0
  const read = async () => ({ text: `${++reads}`, link: 'l'.repeat(500), etag: null })
  const keep = (what: string) => cachedText('ada', what, read)
  for (const [name, texts] of [
    ['n'.repeat(1024), ['1', '1']],
    ['n'.repeat(1025), ['2', '3']]
  ] as const)
    t.strictSame([(await keep(name)).text, (await keep(name)).text], texts)

  const names = Array.from({ length: 8000 }, (_, n) => `${n}`.padEnd(1020, 'n'))
  for (const name of names) await keep(name)
  const before = reads
  await keep(names[7999] as string)
  t.equal(reads, before)
  await keep(names[0] as string)
  t.equal(reads, before + 1, 'it has begun anew, since 8000 of these are more than fit')
})

t.test('whether others wrote is asked once for what is read in one go', async t => {
  const { other, session, cachedText } = open(t)
  let count = 0
  const list = () => cachedText('ada', 'list', async () => ({ text: `${++count}` }))
  await Promise.all([session('a1'), list()])
  const first = session('a1')
  other.exec("update sessions set ended_at = 1 where id = 'a1'")
  const second = list()
  t.match(await Promise.all([first, second]), [{ endedAt: null }, { text: '1' }])
  t.match(await Promise.all([session('a1'), list()]), [{ endedAt: 1 }, { text: '2' }])
})
