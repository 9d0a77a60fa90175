import t from 'tap'
import type { Store } from '../../src/db/store.ts'
import { withQuota } from '../../src/todos/quota.ts'
import { expectedProblem } from '../support/service.ts'
import { serveSignedIn } from './signed-in.ts'

const import_ = (...lines: object[]) => lines.map(line => JSON.stringify(line)).join('\n')
const LINES = { 'content-type': 'application/x-ndjson' }

t.test('the quota counts todos, those in the trash included', async t => {
  const { make, todos, titles } = await serveSignedIn(t, { MAX_TODOS: '3' })
  const [first] = await make('a', 'b', 'c')
  const refused = await todos('POST', '', { title: 'd' })
  t.strictSame(refused.body, expectedProblem(refused, 403, 'quota_exceeded'))

  await todos('DELETE', `/${first.id}`)
  t.equal((await todos('POST', '', { title: 'd' })).status, 403, 'it is in the trash')
  t.equal((await todos('POST', `/${first.id}/restore`)).status, 200)
  t.equal((await todos('PATCH', `/${first.id}`, { title: 'longer than before' })).status, 200)
  await todos('DELETE', `/${first.id}?permanent=true`)
  t.equal((await todos('POST', '', { title: 'd' })).status, 201)
  t.strictSame(await titles(), ['b', 'c', 'd'])
})

t.test('a batch and an import over the quota are refused as a whole, even with validateOnly', async t => {
  const { make, todos, titles } = await serveSignedIn(t, { MAX_TODOS: '3' })
  const [only] = await make('a')
  const create = (title: string) => ({ op: 'create', todo: { title } })
  const operations = ['b', 'c', 'd'].map(create)
  for (const validateOnly of [true, false]) {
    const refused = await todos('POST', '/batch', { operations, validateOnly })
    t.strictSame(refused.body, expectedProblem(refused, 403, 'quota_exceeded'))
  }
  const purge = { op: 'delete', id: only.id }
  t.equal((await todos('POST', '/batch', { operations: [purge, create('b'), create('c')] })).status, 200)
  t.equal((await todos('POST', '/batch', { operations: [create('d')] })).status, 403, 'the trash counts')

  await todos('DELETE', `/${only.id}?permanent=true`)
  const lines = (await todos('GET', '/export')).body
  const refused = await todos('POST', '/import', `${lines}${import_({ title: 'd' }, { title: 'e' })}`, LINES)
  t.strictSame(refused.body, expectedProblem(refused, 403, 'quota_exceeded'))
  t.strictSame(await titles(), ['b', 'c'])
  const taken = await todos('POST', '/import', `${lines}${import_({ title: 'd' })}`, LINES)
  t.strictSame(taken.body, { created: 1, existing: 2 })
})

t.test('the quota counts the bytes of titles, descriptions and tags', async t => {
  const { todos } = await serveSignedIn(t, { MAX_TODO_BYTES: '100' })
  const long = { title: 'é'.repeat(20), description: 'x'.repeat(30), tags: ['ab', 'c'] }
  const { body: made } = await todos('POST', '', long)
  t.equal((await todos('POST', '', { title: 'x'.repeat(20) })).status, 403)
  t.equal((await todos('PATCH', `/${made.id}`, { description: 'x'.repeat(49) })).status, 200)
  const refused = await todos('PATCH', `/${made.id}`, { description: 'x'.repeat(60) })
  t.strictSame(refused.body, expectedProblem(refused, 403, 'quota_exceeded'))
  const replaced = await todos('PUT', `/${made.id}`, { title: 'x'.repeat(101) })
  t.strictSame(replaced.body, expectedProblem(replaced, 403, 'quota_exceeded'))
  t.equal((await todos('PATCH', `/${made.id}`, { description: null })).status, 200)
  t.equal((await todos('POST', '', { title: 'x'.repeat(20) })).status, 201)
})

t.test('parallel creates do not exceed the quota', async t => {
  const { todos } = await serveSignedIn(t, { MAX_TODOS: '10' })
  const answers = await Promise.all(
    Array.from({ length: 15 }, (_, n) => todos('POST', '', { title: `${n}` }))
  )
  const made = answers.filter(({ status }) => status === 201).length
  t.ok(made > 0 && made <= 10)
  while ((await todos('POST', '', { title: 'one more' })).status === 201);
  t.equal((await todos('GET', '?count=true')).body.total, 10)
})

t.test('of two parallel imports over the quota, one succeeds', async t => {
  const { todos } = await serveSignedIn(t, { MAX_TODOS: '300' })
  const lines = Array.from({ length: 200 }, (_, n) => `{"title":"${n}"}`).join('\n')
  const answers = await Promise.all([1, 2].map(() => todos('POST', '/import', lines, LINES)))
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 403])
  t.equal((await todos('GET', '?limit=1&count=true')).body.total, 200)
})

t.test('the usage is counted only now and then', async t => {
  const { app, todos } = await serveSignedIn(t)
  const counted: string[] = []
  const { prepare } = app.store
  Object.assign(app.store, {
    prepare: (...args: Parameters<typeof prepare>) => {
      const prepared = prepare(...args)
      const executeLong: typeof prepared.executeLong = (values, owner) => {
        counted.push(args[1])
        return prepared.executeLong(values, owner)
      }
      return { ...prepared, executeLong }
    }
  })
  for (let n = 0; n < 20; n += 1) await todos('POST', '', { title: `${n}` })
  t.strictSame(counted, ['todos_quota_usage'])
})

t.test('the quota states of users are bounded', async t => {
  const { app } = await serveSignedIn(t)
  let counts = 0
  const executeLong = async () => {
    counts += 1
    return [{ todos: 0, bytes: 0 }]
  }
  const store: Store = {
    ...app.store,
    prepare: (...args) => ({ ...app.store.prepare(...args), executeLong })
  }
  const add = (n: number) => withQuota(store, `user ${n}`, { todos: 1, bytes: 1 }, async () => {})
  await Promise.all([add(-1), add(-1), add(-1)])
  t.equal(counts, 1, 'who comes together shares a count')
  counts = 0
  for (let n = 0; n < 9999; n += 1) await add(n)
  await add(0)
  t.equal(counts, 9999)
  await add(9999)
  await add(0)
  t.equal(counts, 10_001, 'all are counted anew')
})

t.test('the limits show both quotas', async t => {
  const { call } = await serveSignedIn(t, { MAX_TODOS: '7', MAX_TODO_BYTES: '1000' })
  t.match((await call('GET', '/api/limits')).body, { todos: 7, todoBytes: 1000 })
})
