import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { createReadPool } from '../../src/db/sqlite/read-pool.ts'
import { createTodos } from '../../src/todos/todos.ts'
import { serveSignedIn } from '../todos/signed-in.ts'

function fileWith(t: Test, statements: string): string {
  const file = join(t.testdir(), 'read.db')
  const connection = new Database(file)
  connection.pragma('journal_mode = WAL')
  connection.exec(statements)
  t.teardown(() => connection.close())
  return file
}

t.test('rows come as arrays, and questions are answered side by side', async t => {
  const { read, close } = createReadPool(
    fileWith(t, "create table t (a, b); insert into t values (1, 'x'), (2, null)")
  )
  t.teardown(close)
  const answers = await Promise.all(
    [1, 2, 3, 4].map(n => read('select a, b from t where a < ? order by a', [n]))
  )
  t.strictSame(answers, [
    [],
    [[1, 'x']],
    [
      [1, 'x'],
      [2, null]
    ],
    [
      [1, 'x'],
      [2, null]
    ]
  ])
})

t.test('nothing is written, and a fault of a statement is told with its code', async t => {
  const { read, close } = createReadPool(fileWith(t, 'create table t (a)'))
  t.teardown(close)
  await t.rejects(read('delete from t returning a', []), { code: 'SQLITE_READONLY' })
  await t.rejects(read('select nothing from t', []), { code: 'SQLITE_ERROR', message: /syntax error/ })
  t.strictSame(await read('select count(*) from t', []), [[0]])
})

t.test('a thread that cannot even open the file fails its read, and only that', async t => {
  const { read, close } = createReadPool(join(t.testdir(), 'missing', 'read.db'))
  t.teardown(close)
  const answers = await Promise.allSettled([1, 2, 3].map(n => read('select ?', [n])))
  t.strictSame(
    answers.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected']
  )
})

t.test('whoever still waits when the database is closed is told so', async t => {
  const { read, close } = createReadPool(fileWith(t, 'create table t (a)'))
  const answers = Promise.allSettled([1, 2, 3].map(n => read('select ?', [n])))
  await close()
  for (const answer of await answers) t.match(answer, { status: 'rejected', reason: { message: /not open/ } })
})

t.test('many prepared statements', async t => {
  const { read, close } = createReadPool(fileWith(t, 'create table t (a)'))
  t.teardown(close)
  for (let n = 0; n < 250; n += 1) t.strictSame(await read(`select ${n}`, []), [[n]])
})

t.test(
  'what a user with many todos asks for is the same as with few, and what was written is seen at once',
  async t => {
    const { app, user, todos } = await serveSignedIn(t, {
      DATABASE_URL: `file:${join(t.testdir(), 'latchkey.db')}`
    })
    const own = createTodos(app.store, user.id)
    for (let n = 0; n < 201; n += 1)
      await own.create({ title: `number ${n}`, tags: n % 2 ? ['odd'] : [], done: n % 3 === 0 })
    const find = async (query: string) => {
      const { status, body } = await todos('GET', `?${query}&count=true&limit=200`)
      t.equal(status, 200)
      return { titles: body.items.map(({ title }: { title: string }) => title).toSorted(), total: body.total }
    }
    const numbers = (is: (n: number) => boolean) =>
      Array.from({ length: 201 }, (_, n) => n)
        .filter(is)
        .map(n => `number ${n}`)
        .toSorted()
    const odd = numbers(n => n % 2 === 1)
    t.strictSame(await find('tag=odd'), { titles: odd, total: odd.length })
    const done = numbers(n => n % 3 === 0)
    t.strictSame(await find('done=true&sort=-title'), { titles: done, total: done.length })
    t.strictSame(await find('q=number+20'), { titles: ['number 20', 'number 200'], total: 2 })
    await todos('POST', '', { title: 'number 2000' })
    t.strictSame(await find('q=number+20'), { titles: ['number 20', 'number 200', 'number 2000'], total: 3 })
  }
)

t.test('a thread that cannot be started fails its read, and nothing else', async t => {
  let isFull = true
  const file = fileWith(t, 'create table t (a); insert into t values (1)')
  const { read, close } = createReadPool(file, path => {
    if (isFull) throw new Error('ERR_WORKER_INIT_FAILED')
    return new Worker(new URL('../../src/db/sqlite/read-pool.ts', import.meta.url), {
      workerData: { sqliteFile: path }
    })
  })
  t.teardown(close)
  await t.rejects(read('select a from t', []), { message: 'ERR_WORKER_INIT_FAILED' })
  isFull = false
  t.strictSame(await read('select a from t', []), [[1]])
})
