import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { readConfig } from '../../src/config/config.ts'
import { copySqlite } from '../../src/db/sqlite/copy.ts'
import { retentionRules } from '../../src/features.ts'
import { createJanitor } from '../../src/jobs/janitor.ts'
import { PASSWORD, SECRET, serve } from '../support/service.ts'

/** Bytes of a page of the database. */
const PAGE_SIZE = 2048
const WORDS = ['zorglub', 'quetzalcoatl', 'unobtainium']

/** A user whose words are in the rows, in the index and in the log, and another one whose are not. */
async function serveTwo(t: Test) {
  const file = join(t.testdir(), 'latchkey.db')
  const service = await serve(t, { DATABASE_URL: `file:${file}` })
  const { call, signUp } = service
  const fill = async (token: string, title: string) => {
    const todo = (index: number) => ({
      title: `${title} ${index}`,
      description: 'unobtainium '.repeat(index)
    })
    const operations = (description: object) =>
      Array.from({ length: 100 }, (_, index) => ({ op: 'create', todo: { ...todo(index), ...description } }))
    const isOurs = title === 'quetzalcoatl'
    for (let index = 0; index < 3; index++) {
      const body = { operations: operations(isOurs ? {} : { description: null }) }
      t.equal((await call('POST', '/api/todos/batch', { token, body })).status, 200)
    }
    t.equal((await call('GET', `/api/todos?q=${title}`, { token })).body.items.length, 50)
  }
  const account = { username: 'zorglub', email: 'zorglub@example.org' }
  const [gone, other] = [await signUp(account), await signUp()]
  await fill(gone.accessToken, 'quetzalcoatl')
  await fill(other.accessToken, 'something')
  const files = () => ['', '-wal', '-shm', '.backup'].map(suffix => `${file}${suffix}`).filter(existsSync)
  const traces = () => WORDS.filter(word => files().some(each => hasTrace(each, word)))
  return { ...service, file, gone, other, traces }
}

/** Whether a file has a word; in a database, elsewhere than in the gaps of its pages. */
function hasTrace(file: string, word: string): boolean {
  const bytes = readFileSync(file)
  const text = bytes.toString('latin1').toLowerCase()
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
    if (!file.endsWith('.db') || !isInGap(bytes, at)) return true
  return false
}

/**
 * Whether a place is between the list of the cells of a b-tree page and the cells (https://www.sqlite.org/fileformat.html, section 1.6).
 * When SQLite divides a page, it leaves copies there of what it moves, whatever `secure_delete` says. Such copies stay on the few pages
 * that the entries of a user share with those of others, until the page is written anew.
 */
function isInGap(bytes: Buffer, at: number): boolean {
  const start = at - (at % PAGE_SIZE)
  const header = start === 0 ? 100 : start
  const isInterior = [2, 5].includes(bytes[header] ?? 0)
  const listEnd = header + (isInterior ? 12 : 8) + 2 * bytes.readUInt16BE(header + 3)
  return listEnd <= at && at < start + bytes.readUInt16BE(header + 5)
}

t.test('no file and no backup contains the data of a deleted account', async t => {
  const { call, file, gone, other, traces } = await serveTwo(t)
  t.strictSame(traces(), WORDS)
  const removal = await call('DELETE', '/api/auth/me', {
    token: gone.accessToken,
    body: { password: PASSWORD }
  })
  t.equal(removal.status, 204)
  t.strictSame(traces(), [])
  await copySqlite(file, `${file}.backup`, () => {})
  t.strictSame(traces(), [])
  const { body } = await call('GET', '/api/todos?q=somethin&count=true', { token: other.accessToken })
  t.equal(body.items.length, 50, 'the others have lost nothing')
})

t.test('a reader in the way leaves the write-ahead log to the janitor', async t => {
  const { app, call, file, gone, traces } = await serveTwo(t)
  const reader = new Database(file, { readonly: true })
  reader.exec('begin')
  reader.prepare('select count(*) from users').get()
  const removal = await call('DELETE', '/api/auth/me', {
    token: gone.accessToken,
    body: { password: PASSWORD }
  })
  t.equal(removal.status, 204)
  t.not(traces().length, 0)
  reader.close()
  const clean = createJanitor(app.store, readConfig({ JWT_SECRET: SECRET }), retentionRules)
  await Promise.all([clean(), clean()])
  t.strictSame(traces(), [])
})

t.test('the janitor erases the words of single deleted todos from the search index', async t => {
  const { app, call, file, other } = await serveTwo(t)
  const { accessToken: token } = other
  const terms = ['xylophone', 'yggdrasil']
  const traces = () => terms.filter(term => ['', '-wal'].some(suffix => has(`${file}${suffix}`, term)))
  const has = (name: string, term: string) => existsSync(name) && readFileSync(name, 'latin1').includes(term)
  const operations = [...terms, ...Array.from({ length: 98 }, (_, index) => `one ${index}`)].map(title => ({
    op: 'create',
    todo: { title }
  }))
  t.equal((await call('POST', '/api/todos/batch', { token, body: { operations } })).status, 200)
  for (const term of terms) {
    const { body } = await call('GET', `/api/todos?q=${term}`, { token })
    const [{ id }] = body.items
    t.equal((await call('DELETE', `/api/todos/${id}?permanent=true`, { token })).status, 200)
  }
  t.strictSame(traces(), terms)
  await createJanitor(app.store, readConfig({ JWT_SECRET: SECRET }), retentionRules)()
  t.strictSame(traces(), [])
  const { body } = await call('GET', '/api/todos?q=one', { token })
  t.equal(body.items.length, 50, 'the others are found as before')
})

t.test('an account is deleted even when its bytes cannot be erased at once', async t => {
  const { app, call, gone } = await serveTwo(t)
  const { eraseDeleted, close } = app.store
  Object.assign(app.store, { eraseDeleted: () => Promise.reject(new Error('the disk is full')) })
  const removal = await call('DELETE', '/api/auth/me', {
    token: gone.accessToken,
    body: { password: PASSWORD }
  })
  t.equal(removal.status, 204)
  await close()
  t.match(await eraseDeleted?.().catch(error => error), { name: 'Error', message: /^scrub: .*not open/ })
})

t.test('a backup leaves behind what an older version deleted', async t => {
  const { file } = await serveTwo(t)
  const before = new Database(file)
  before.pragma('secure_delete = OFF')
  before.exec("delete from users where username = 'zorglub'")
  before.close()
  await copySqlite(file, `${file}.copy`, () => {})
  const copy = readFileSync(`${file}.copy`, 'latin1')
  t.notOk(copy.includes('zorglub'))
  t.notOk(copy.includes('unobtainium unobtainium'))
})
