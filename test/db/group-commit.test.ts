import { readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { createGroupCommit } from '../../src/db/sqlite/group-commit.ts'
import { serve } from '../support/service.ts'

/** How many transactions a write-ahead log holds: the last frame of each has a size (https://sqlite.org/fileformat2.html). */
function commitsIn(file: string): number {
  const log = readFileSync(`${file}-wal`)
  const [HEADER, FRAME_HEADER, pageSize] = [32, 24, log.readUInt32BE(8)]
  let commits = 0
  for (let frame = HEADER; frame < log.length; frame += FRAME_HEADER + pageSize)
    if (log.readUInt32BE(frame + 4) > 0) commits += 1
  return commits
}

/** A database on disk, written in groups, and what another connection sees of it. */
function open(t: Test) {
  const file = `${t.testdir()}/trial.db`
  const connection = new Database(file, { timeout: 0 })
  connection.pragma('journal_mode = WAL')
  connection.pragma('foreign_keys = ON')
  connection.exec(
    'create table words (word text primary key not null, root text references words deferrable initially deferred)'
  )
  const observer = new Database(file, { timeout: 0 })
  t.teardown(() => {
    connection.close()
    observer.close()
  })
  const commits = () => commitsIn(file)
  const words = () => observer.prepare('select word from words order by word').pluck().all()
  const { commit, flush } = createGroupCommit(connection)
  const insert = connection.prepare('insert into words (word, root) values (?, ?)')
  const add = (word: string | null, root: string | null = null) =>
    commit(() => {
      insert.run(word, root)
      return word
    })
  return { connection, observer, commits, words, commit, flush, add }
}

const reasons = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
  outcomes.map(outcome => (outcome.status === 'fulfilled' ? 'done' : outcome.reason.code))

t.test('the writes of a turn share a transaction, and are told of after it', async t => {
  const { add, commit, commits, words } = open(t)
  const before = commits()
  let seen: unknown
  const first = add('a').then(() => {
    seen = words()
  })
  t.strictSame(words(), [], 'nothing is written before the end of the turn')
  const others = ['b', 'c', 'd'].map(word => add(word))
  const count = commit(() => 'a result')
  await first
  t.strictSame(seen, ['a', 'b', 'c', 'd'])
  t.strictSame(await Promise.all([...others, count]), ['b', 'c', 'd', 'a result'])
  t.equal(commits(), before + 1)
})

t.test('a write by itself waits for the end of the turn, and for no other', async t => {
  const { add, commits } = open(t)
  const before = commits()
  let isDone = false
  const written = add('a').then(() => {
    isDone = true
  })
  await turn()
  t.ok(isDone)
  await written
  t.equal(commits(), before + 1)
})

t.test('while turns bring more writes they join, but not for ever', async t => {
  const { add, commits } = open(t)
  const before = commits()
  const first = Promise.all([add('a'), add('b')])
  await turn()
  await Promise.all([first, add('c')])
  t.equal(commits(), before + 1)

  let isDone = false
  const second = Promise.all([add('d'), add('e')]).then(() => {
    isDone = true
  })
  let turns = 0
  const others: Promise<unknown>[] = []
  while (!isDone) {
    others.push(add(`${turns}`))
    turns += 1
    await turn()
  }
  await Promise.all([second, ...others])
  t.equal(turns, 4)
  t.equal(commits(), before + 2)
})

t.test('a write that fails spoils only itself, and is told of with the others', async t => {
  const { add, commits, words } = open(t)
  const before = commits()
  const outcomes = await Promise.allSettled([add('a'), add('a'), add(null), add('b')])
  t.strictSame(reasons(outcomes), [
    'done',
    'SQLITE_CONSTRAINT_PRIMARYKEY',
    'SQLITE_CONSTRAINT_NOTNULL',
    'done'
  ])
  t.strictSame(words(), ['a', 'b'])
  t.equal(commits(), before + 1)
})

t.test('a commit that fails fails all, and nothing is half done', async t => {
  const { add, words } = open(t)
  const outcomes = await Promise.allSettled([add('a'), add('b', 'no such word'), add(null)])
  t.strictSame(reasons(outcomes), Array(3).fill('SQLITE_CONSTRAINT_FOREIGNKEY'))
  t.strictSame(words(), [])
  await add('a')
  t.strictSame(words(), ['a'], 'the next one is free of it')
})

t.test('a disk that is full fails all, and nothing is half done', async t => {
  const { add, connection, words } = open(t)
  connection.pragma('max_page_count = 6')
  const outcomes = await Promise.allSettled([add('a'), add('b'.repeat(40_000)), add('c')])
  t.strictSame(reasons(outcomes), Array(3).fill('SQLITE_FULL'))
  t.strictSame(words(), [])
  connection.pragma('max_page_count = 1000')
  await add('a')
  t.strictSame(words(), ['a'], 'it recovers by itself')
})

t.test('while another process writes, all of a turn fail after one wait', async t => {
  const { add, observer, words } = open(t)
  observer.exec('begin immediate')
  const outcomes = await Promise.allSettled([add('a'), add('b')])
  t.strictSame(reasons(outcomes), ['SQLITE_BUSY', 'SQLITE_BUSY'])
  observer.exec('rollback')
  await add('a')
  t.strictSame(words(), ['a'])
})

t.test('what waits at the end is written then', async t => {
  const { add, flush, words } = open(t)
  const written = add('a')
  flush()
  t.strictSame(words(), ['a'])
  t.equal(await written, 'a')
  await turn()
})

t.test('requests that arrive together are committed together', async t => {
  const file = `${t.testdir()}/latchkey.db`
  const { call, signUp } = await serve(t, { DATABASE_URL: `file:${file}` })
  const { accessToken: token } = await signUp()
  const add = () => call('POST', '/api/todos', { token, body: { title: 'x' } })

  const before = commitsIn(file)
  t.equal((await add()).status, 201)
  t.equal(commitsIn(file), before + 1)
  const answers = await Promise.all(Array.from({ length: 64 }, add))
  t.strictSame([...new Set(answers.map(({ status }) => status))], [201])
  t.ok(commitsIn(file) <= before + 1 + 8, `${commitsIn(file) - before - 1} commits`)
})
