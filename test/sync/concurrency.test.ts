import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import t, { type Test } from 'tap'
import { createDatabase, query } from '../support/databases.ts'
import { serveSignedIn } from '../todos/signed-in.ts'

const SERVER = process.env.TEST_DATABASE_URL
const skip = !SERVER && 'needs PostgreSQL'

/** The service, and a connection beside it whose locks make writes wait. */
async function serveWithLocks(t: Test) {
  const url = await createDatabase(SERVER as string)
  const service = await serveSignedIn(t, { DATABASE_URL: url })
  const client = new pg.Client(url)
  await client.connect()
  t.teardown(() => client.end())

  /** Starts writes that meet the lock of a statement, and ends the statement's transaction when all wait. */
  async function whileLocked<Answers>(lockStatement: string, writes: readonly (() => Promise<Answers>)[]) {
    await client.query('begin')
    await client.query(lockStatement)
    const answers = writes.map(write => write())
    const waiting = `select count(*)::int as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`
    for (let count = 0; count < writes.length; await sleep(5)) [{ count }] = await query(url, waiting)
    await client.query('commit')
    return Promise.all(answers)
  }
  const getNumber = async () => Number((await query(url, 'select value from change_sequences'))[0].value)
  const getTodos = () =>
    query(url, 'select title, done, change_number::int as number from todos order by title')
  return { ...service, url, whileLocked, getNumber, getTodos }
}

const LOCK_SEQUENCE = 'select value from change_sequences for update'
/** As somebody who leaves the sequence alone: only so is a todo locked whose user's sequence is free. */
const lockTodos = (change = '') => `update todos set change_number = 0 ${change}`

t.test('of two writes to a todo, the one that has waited sees the other', { skip }, async t => {
  const { todos, make, whileLocked, getNumber, getTodos } = await serveWithLocks(t)
  const [{ id }] = await make('x')
  const patch = (body: object) => () => todos('PATCH', `/${id}`, body)
  const answers = await whileLocked(LOCK_SEQUENCE, [patch({ title: 'y' }), patch({ done: true })])
  t.strictSame(
    answers.map(({ status }) => status),
    [200, 200]
  )
  t.strictSame(await getTodos(), [{ title: 'y', done: true, number: await getNumber() }])
})

t.test('a write that waits for a row advances the sequence once', { skip }, async t => {
  const { todos, make, whileLocked, getNumber, getTodos } = await serveWithLocks(t)
  const [{ id }] = await make('x')
  const patch = (title: string) => () => todos('PATCH', `/${id}`, { title })

  // PostgreSQL looks at the locked row again, and finds that the condition still holds.
  t.match(await whileLocked(lockTodos(), [patch('y')]), [{ status: 200 }])
  t.strictSame(await getTodos(), [{ title: 'y', done: false, number: 2 }])
  t.equal(await getNumber(), 2)

  // It finds that the condition does not hold any more, and the service begins anew.
  t.match(await whileLocked(lockTodos(", revision = 'r', done = true"), [patch('z')]), [{ status: 200 }])
  t.strictSame(await getTodos(), [{ title: 'z', done: true, number: await getNumber() }])
})

t.test('a bulk update that waits for some rows gives all of them one number', { skip }, async t => {
  const { todos, make, whileLocked, getNumber, getTodos } = await serveWithLocks(t)
  await make('a', 'b', 'c')
  const operations = [{ op: 'patch', where: { done: false }, changes: { done: true } }]
  const lock = lockTodos("where title in ('a', 'c')")
  const [answer] = await whileLocked(lock, [() => todos('POST', '/batch', { operations })])
  t.match(answer, { status: 200, body: { results: [{ count: 3 }] } })
  t.strictSame(
    await getTodos(),
    ['a', 'b', 'c'].map(title => ({ title, done: true, number: 4 }))
  )
  t.equal(await getNumber(), 6, 'what counts in lists and parents comes after it')
})

t.test('of two imports of one id, one creates the todo', { skip }, async t => {
  const { todos, make, whileLocked, getNumber, getTodos } = await serveWithLocks(t)
  await make('x')
  const id = '01a20996-fb6c-78b7-96ed-227b58a269d2'
  const importTodo = (title: string) => async () => {
    const line = JSON.stringify({ id, title })
    return (await todos('POST', '/import', line, { 'content-type': 'application/x-ndjson' })).body
  }
  const answers = await whileLocked(LOCK_SEQUENCE, [importTodo('a'), importTodo('b')])
  const created = answers[0].created === 1 ? 'a' : 'b'
  t.strictSame(
    answers.toSorted((one, other) => other.created - one.created),
    [
      { created: 1, existing: 0 },
      { created: 0, existing: 1 }
    ]
  )
  t.strictSame(await getTodos(), [
    { title: created, done: false, number: 2 },
    { title: 'x', done: false, number: 1 }
  ])
  t.equal(await getNumber(), 3)
})

t.test('a write that is undone for the sake of another one begins anew', { skip }, async t => {
  const { url, todos, getTodos } = await serveWithLocks(t)
  /** Has PostgreSQL break off as many writes of todos as if each had met another one. */
  const breakOff = (times: number) =>
    query(
      url,
      `create sequence attempts_${times};
      create or replace function break_off() returns trigger language plpgsql as $$ begin
        if nextval('attempts_${times}') <= ${times} then raise exception using errcode = 'deadlock_detected'; end if;
        return new;
      end $$;
      create or replace trigger break_off before insert on todos for each row execute function break_off()`
    )
  await breakOff(4)
  t.match(await todos('POST', '', { title: 'x' }), { status: 201 })
  await breakOff(5)
  const answer = await todos('POST', '', { title: 'y' })
  t.match(answer, { status: 503, body: { code: 'database_unavailable' } })
  t.strictSame(await getTodos(), [{ title: 'x', done: false, number: 1 }])
})
