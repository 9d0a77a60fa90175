import t from 'tap'
import type { ProblemError } from '../../../src/client/index.ts'
import { memoryStorage } from '../../../src/client/replica/index.ts'
import { createFakeClient, openReplica, page, pageOf, put, settle, until } from './fake-client.ts'
import { PROBLEM } from './problems.ts'

/** A service that refuses batches with certain operations. */
function createRefusingClient(refuse: (text: string) => ProblemError | undefined) {
  const fake = createFakeClient()
  const { answer } = fake.state
  fake.state.answer = sent => {
    const problem = refuse(JSON.stringify(sent.operations))
    if (problem) throw problem
    return answer(sent)
  }
  return fake
}

t.test('a refused edit is taken back, and told', async t => {
  const fake = createRefusingClient(text => (text.includes('wrong') ? PROBLEM.invalid() : undefined))
  fake.pages.push(pageOf('1', 'a'))
  const { replica, refusals } = await openReplica(t, fake)
  await until(() => replica.status().isComplete)
  await replica.todos.patch('a', { title: 'wrong' })
  t.match(replica.todos.get('a'), { title: 'wrong' })
  await until(() => refusals.length > 0)
  t.match(replica.todos.get('a'), { title: 'a' })
  t.strictSame(refusals, ['patch validation_failed'])
  t.equal(replica.status().pendingEdits, 0)
  await until(() => fake.state.isFollowing)
})

t.test('of a refused batch all that can be done is done, in the same order', async t => {
  const fake = createRefusingClient(text => (text.includes('wrong') ? PROBLEM.invalid() : undefined))
  const { replica, refusals } = await openReplica(t, fake)
  const titles = ['a', 'wrong', 'b', 'wrong', 'c']
  await Promise.all(titles.map(title => replica.todos.create({ title })))
  await until(() => replica.status().pendingEdits === 0)
  t.strictSame(refusals, ['create validation_failed', 'create validation_failed'])
  t.strictSame(
    Array.from(replica.todos.list(), ({ title }) => title),
    ['a', 'b', 'c']
  )
  t.strictSame(
    fake.state.sent.map(({ operations }) => operations.length),
    [5, 1, 1, 1, 1, 1]
  )
  t.equal(new Set(fake.state.sent.map(({ key }) => key)).size, 6)
  const count = fake.state.sent.length
  await Promise.all(['d', 'e', 'f'].map(title => replica.todos.create({ title })))
  await until(() => replica.status().pendingEdits === 0)
  t.equal(fake.state.sent.length, count + 2, 'then they are sent together again')
})

t.test('what follows on a creation that is refused goes with it', async t => {
  const fake = createRefusingClient(text => (text.includes('"create"') ? PROBLEM.quota() : undefined))
  fake.pages.push(pageOf('1', 'a'))
  const { replica, refusals } = await openReplica(t, fake)
  await until(() => replica.status().isComplete)
  const { todos } = replica
  await Promise.all([
    todos.create({ id: 'n', title: 'new' }),
    todos.patch('n', { done: true }),
    todos.patch('a', { done: true }),
    todos.delete('n')
  ])
  await until(() => replica.status().pendingEdits === 0)
  t.strictSame(refusals, ['create quota_exceeded'], 'told once')
  t.match(todos.list({ deleted: true }), [])
  t.match(todos.list(), [{ id: 'a', done: true }])
})

t.test('what is done already is no refusal', async t => {
  const fake = createRefusingClient(text =>
    text.includes('"create"') ? PROBLEM.exists() : PROBLEM.missing()
  )
  fake.pages.push(pageOf('1', 'a', 'b', 'c'))
  const { replica, refusals } = await openReplica(t, fake)
  await until(() => replica.status().isComplete)
  const { todos } = replica
  await Promise.all([
    todos.create({ title: 'new' }),
    todos.delete('a'),
    todos.delete('b', { permanent: true }),
    todos.restore('c'),
    todos.patch('c', { done: true }),
    todos.move('c', { to: 'top' })
  ])
  await until(() => replica.status().pendingEdits === 0)
  t.strictSame(refusals, ['restore todo_not_found', 'patch todo_not_found', 'move todo_not_found'])
})

t.test('the end of the session refuses nothing', async t => {
  const fake = createFakeClient()
  fake.state.answer = () => {
    fake.state.user = undefined
    throw PROBLEM.signedOut()
  }
  const { replica, refusals } = await openReplica(t, fake)
  await replica.todos.create({ title: 'a' })
  await until(() => fake.state.sent.length === 1)
  await settle()
  t.strictSame(refusals, [])
  t.equal(replica.status().pendingEdits, 1)
})

t.test('onRefused is optional', async t => {
  const fake = createRefusingClient(() => PROBLEM.invalid())
  const { replica } = await openReplica(t, fake, { onRefused: undefined } as object)
  await replica.todos.create({ title: 'a' })
  await until(() => replica.status().pendingEdits === 0)
  t.strictSame([...replica.todos.list()], [])
})

t.test('[OLD] [WHOLE] a token that is too old: all is downloaded anew, and the edits stay', async t => {
  for (const refusal of [PROBLEM.tokenExpired(), PROBLEM.invalid()])
    await t.test(refusal.code, async t => {
      const storage = memoryStorage()
      const fake = createFakeClient()
      fake.pages.push(pageOf('1', 'a', 'b', 'c'))
      const { replica } = await openReplica(t, fake, { storage })
      await until(() => replica.status().isComplete)
      await until(() => fake.state.isFollowing)
      fake.pages.push(refusal)
      await until(() => !replica.status().isComplete)
      await until(() => fake.state.isFollowing)
      t.strictSame(fake.state.follows, [undefined, undefined])
      t.equal(replica.todos.list().length, 3, 'the old copy is shown meanwhile')
      fake.pages.push(page('8', [put('b', { title: 'B' })], true))
      await until(() => replica.todos.get('b')?.title === 'B')
      t.equal(replica.todos.list().length, 3)

      fake.state.answer = () => {
        throw new TypeError('fetch failed')
      }
      await replica.todos.patch('a', { title: 'mine' })
      await settle()
      await replica.close()

      const later = createFakeClient()
      const { replica: reopened } = await openReplica(t, later, { storage })
      t.match(reopened.todos.get('a'), { title: 'mine' })
      await until(() => reopened.status().pendingEdits === 0)
      await until(() => later.state.isFollowing)
      t.strictSame(later.state.follows, ['8'], 'it goes on where it was')
      later.pages.push(page('9', [put('d'), put('c', { title: 'C' })]))
      await until(() => reopened.status().isComplete)
      t.strictSame(
        Array.from(reopened.todos.list(), ({ title }) => title),
        ['mine', 'B', 'C', 'd'],
        'what was confirmed meanwhile belongs to the new copy'
      )
      await until(() => later.state.isFollowing)
      later.pages.push(PROBLEM.tokenExpired())
      await until(() => !reopened.status().isComplete)
      later.pages.push(page('20', [put('d')]))
      await until(() => reopened.status().isComplete)
      t.strictSame(
        Array.from(reopened.todos.list(), ({ title }) => title),
        ['d'],
        'what did not come is gone'
      )
    })
})

t.test('what is confirmed before a download begins, and is deleted elsewhere meanwhile, goes', async t => {
  const fake = createFakeClient()
  const { replica } = await openReplica(t, fake)
  await Promise.all(['a', 'b'].map(id => replica.todos.create({ id, title: id })))
  await until(() => replica.status().pendingEdits === 0)
  t.equal(replica.todos.list().length, 2)
  fake.pages.push(page('1', [put('b'), put('c')], true))
  await until(() => replica.todos.list().length === 3)
  await replica.todos.create({ id: 'd', title: 'd' })
  await until(() => replica.status().pendingEdits === 0)
  fake.pages.push(page('2', [put('e')]))
  await until(() => replica.status().isComplete)
  t.strictSame(
    Array.from(replica.todos.list(), ({ id }) => id),
    ['b', 'c', 'd', 'e'],
    'what is confirmed later stays'
  )
})

t.test('other failures of following are waited for', async t => {
  const fake = createFakeClient()
  fake.pages.push(PROBLEM.tokenExpired(), PROBLEM.quota(), new TypeError('?'), pageOf('1', 'a'))
  const { replica, pauses } = await openReplica(t, fake)
  await until(() => replica.status().isComplete)
  t.strictSame(pauses.slice(0, 3), [1000, 2000, 4000])
})

t.test('an edit of no form is shown as far as it can be, until it is refused', async t => {
  const fake = createRefusingClient(() => PROBLEM.invalid())
  fake.pages.push(pageOf('1', 'a'))
  const { replica, refusals } = await openReplica(t, fake)
  await until(() => replica.status().isComplete)
  const { todos } = replica
  const wrong = { title: null, tags: 'no list' } as unknown as { title: string }
  await Promise.all([todos.create(wrong), todos.create({} as { title: string }), todos.patch('a', wrong)])
  t.equal(todos.list().length, 3)
  await until(() => replica.status().pendingEdits === 0)
  t.strictSame(refusals, ['create validation_failed', 'create validation_failed', 'patch validation_failed'])
  t.match(todos.list(), [{ id: 'a', title: 'a', tags: [] }])
})
