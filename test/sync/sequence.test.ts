import t from 'tap'
import { openStore } from '../../src/db/store.ts'
import { allTables } from '../../src/features.ts'
import { getSequenceReader } from '../../src/sync/sequence.ts'
import { createTodos } from '../../src/todos/todos.ts'
import { guardedDatabase } from './guarded-database.ts'

const NOW = new Date('2026-01-01T00:00:00.000Z')

t.test('several users who ask at once get each their own number', async t => {
  const url = await guardedDatabase(t)
  const store = await openStore({ url, poolMax: 3, now: () => NOW, log: { warn() {} } })
  t.teardown(store.close)
  const { users } = allTables(store.kit)
  for (const id of ['ada', 'bob', 'cy']) {
    const account = { id, username: id, usernameKey: id, email: id, emailKey: id, passwordHash: '' }
    await store.db.insert(users).values({ ...account, createdAt: NOW })
  }
  for (const [id, count] of [
    ['ada', 1],
    ['bob', 2]
  ] as const)
    for (let made = 0; made < count; made += 1) await createTodos(store, id).create({ title: 'a' })
  const read = getSequenceReader(store)
  const states = await Promise.all(['ada', 'bob', 'cy'].map(read))
  t.strictSame(
    states.map(({ value }) => value),
    [1, 2, 0]
  )
  t.equal((await read('bob')).value, 2, 'nor is it another one by oneself')
})
