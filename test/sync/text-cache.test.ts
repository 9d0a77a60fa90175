import t, { type Test } from 'tap'
import { openStore } from '../../src/db/store.ts'
import { allTables } from '../../src/features.ts'
import { createTextCache } from '../../src/sync/text-cache.ts'
import { bindTombstone } from '../../src/sync/tombstones.ts'
import { emptyDatabase } from '../support/databases.ts'

const log = { warn() {} }

/** A cache of two users' texts, how to write to them, and how to read the texts. */
async function open(t: Test) {
  const url = await emptyDatabase(t)
  const store = await openStore({ url, poolMax: 3, now: () => new Date(0), log })
  t.teardown(() => store.close())
  const account = (name: string) => ({
    id: name,
    username: name,
    usernameKey: name,
    email: name,
    emailKey: name,
    passwordHash: '',
    createdAt: new Date(0)
  })
  await store.db
    .insert(allTables(store.kit).users)
    .values([account('ada'), account('eve')])
    .execute()
  const cachedText = createTextCache(store)
  const write = async (userId: string) =>
    void (await store.atomically(bindTombstone(store, { userId, type: 'todo', id: store.newId() })))
  let reads = 0
  const list = async (key = 'a', userId = 'ada') =>
    (await cachedText(userId, key, async () => ({ text: `${++reads}`, etag: '' }))).text
  const keep = async (key: string, text: string, link = '') =>
    (await cachedText('ada', key, async () => ({ text, etag: '', link }))).text
  return { write, list, keep, cachedText }
}

t.test('a text is made once, as long as nothing of its user is written', async t => {
  const { write, list } = await open(t)
  t.strictSame([await list(), await list(), await list('b'), await list('a', 'eve')], ['1', '1', '2', '3'])
  await write('ada')
  t.strictSame([await list(), await list(), await list('b'), await list('a', 'eve')], ['4', '4', '5', '3'])
})

t.test('what was read before a write is not kept after it', async t => {
  const { write, cachedText, list } = await open(t)
  const old = await cachedText('ada', 'a', async () => {
    await write('ada')
    t.equal(await list(), '1', 'what was read after the write')
    return { text: 'old', etag: '' }
  })
  t.equal(old.text, 'old')
  t.equal(await list(), '1')
})

t.test('the reader knows the number of the last change', async t => {
  const { write, cachedText } = await open(t)
  const read = async (key: string) =>
    (await cachedText('ada', key, async number => ({ text: `${number}`, etag: '' }))).text
  t.equal(await read('a'), '0')
  await write('ada')
  await write('eve')
  await write('ada')
  t.equal(await read('a'), '2')
})

t.test('an empty text is not kept, nor a long one or one of a long name', async t => {
  const { keep } = await open(t)
  for (const [key, text] of [
    ['a', ''],
    ['b', 'x'.repeat(32_769)],
    ['n'.repeat(1025), 'x']
  ] as const) {
    t.equal(await keep(key, text), text)
    t.equal(await keep(key, 'again'), 'again')
  }
  await keep('n'.repeat(1024), 'x'.repeat(32_768))
  t.equal(await keep('n'.repeat(1024), 'again'), 'x'.repeat(32_768))
})

t.test('no more texts are kept than fit', async t => {
  const { write, keep } = await open(t)
  const long = 'x'.repeat(32_768)
  const fill = async (count: number) => {
    for (let n = 0; n < count; n++) await keep(`${n}`, long)
  }
  await fill(480)
  t.equal(await keep('0', 'again'), long)
  await fill(485)
  t.equal(await keep('484', 'again'), long, 'the last one')
  t.equal(await keep('0', 'again'), 'again', 'it began anew')

  for (let round = 0; round < 3; round++) {
    await write('ada')
    await fill(480)
    t.equal(await keep('0', 'again'), long, 'what is outdated does not count')
  }
})

t.test('names and links take room as well', async t => {
  const { keep } = await open(t)
  const names = Array.from({ length: 8000 }, (_, n) => `${n}`.padEnd(1020, 'n'))
  for (const name of names) await keep(name, 'x', 'l'.repeat(500))
  t.equal(await keep(names[7999] as string, 'again'), 'x')
  t.equal(await keep(names[0] as string, 'again'), 'again', 'it began anew')
})
