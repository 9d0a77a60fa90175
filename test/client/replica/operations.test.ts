import t from 'tap'
import type { PatchTodoBody, Todo } from '../../../src/client/index.ts'
import { applyOperation, type Operation } from '../../../src/client/replica/operations.ts'
import { todo } from './fake-client.ts'

const AT = '2026-02-01T00:00:00.000Z'

/** The todos a, b and c after an operation. */
const apply = (operation: Operation, first: Partial<Todo> = {}) => [
  ...applyOperation(
    new Map(['a', 'b', 'c'].map(id => [id, todo(id, id === 'a' ? first : {})])),
    operation,
    AT
  ).values()
]
const patch = (changes: PatchTodoBody, before: Partial<Todo> = {}) => {
  const [patched] = apply({ op: 'patch', id: 'a', changes }, before)
  return patched
}

t.test('a patch changes what it names; null restores a default', async t => {
  const before = todo('a', {
    description: 'text',
    done: true,
    completedAt: 'then',
    priority: 'low',
    tags: ['x']
  })
  t.strictSame(patch({}, before), { ...before, updatedAt: AT })
  t.strictSame(patch({ title: ' b ' }, before), { ...before, updatedAt: AT, title: 'b' })
  t.strictSame(patch({ description: null, done: null, priority: null, tags: null, due: null }, before), {
    ...todo('a'),
    updatedAt: AT
  })
  t.match(patch({ done: true }), { done: true, completedAt: AT })
  t.match(patch({ done: true }, before), { completedAt: 'then' })
  t.notHas(patch({ done: true, children: 'complete' }), { children: 'complete' }, 'it is no field')
  const timeZone = 'Europe/Berlin'
  t.notHas(patch({ done: true, timeZone }), { timeZone }, 'nor is this one')
  t.strictSame(patch({ tags: ['y', 'A\u0308'] })?.tags, ['y', '\u00c4'])
})

t.test('a patch of a due date', async t => {
  const day = { date: '2026-03-29' }
  const time = { dateTime: '2026-03-29T09:00:00', timeZone: 'Europe/Berlin' }
  const cases: [
    before: Todo['due'],
    changes: NonNullable<PatchTodoBody['due']> | null,
    after: Todo['due']
  ][] = [
    [null, day, day],
    [day, time, time],
    [time, day, day],
    [time, { timeZone: 'Asia/Tokyo' }, { ...time, timeZone: 'Asia/Tokyo' }],
    [time, { dateTime: '2026-01-01T00:00:00' }, { ...time, dateTime: '2026-01-01T00:00:00' }],
    [day, { timeZone: 'Asia/Tokyo' }, { timeZone: 'Asia/Tokyo' }],
    [day, {}, day],
    [time, {}, time],
    [time, null, null]
  ]
  for (const [before, due, after] of cases)
    t.strictSame(patch({ due }, { due: before })?.due, after, JSON.stringify([before, due]))
})

t.test('a move', async t => {
  const ids = (id: string, target: object) =>
    apply({ op: 'move', id, ...target } as Operation)
      .map(todo => todo.id)
      .join('')
  t.equal(ids('a', { to: 'bottom' }), 'bca')
  t.equal(ids('c', { to: 'top' }), 'cab')
  t.equal(ids('a', { after: 'b' }), 'bac')
  t.equal(ids('c', { before: 'b' }), 'acb')
  for (const target of [{ after: 'z' }, { before: 'z' }, { after: 'a' }, { before: 'a' }])
    t.equal(ids('a', target), 'abc', 'it stays where nothing else can be')
})

t.test('the trash, and beyond', async t => {
  t.strictSame(apply({ op: 'delete', id: 'a' })[0], todo('a', { deletedAt: AT, updatedAt: AT }))
  t.strictSame(apply({ op: 'restore', id: 'a' }, { deletedAt: 'then' })[0], todo('a', { updatedAt: AT }))
  t.strictSame(apply({ op: 'purge', id: 'a' }), [todo('b'), todo('c')])
  for (const op of ['delete', 'restore', 'purge'] as const)
    t.strictSame(apply({ op, id: 'z' }), [todo('a'), todo('b'), todo('c')])
})

t.test('a creation', async t => {
  const create = (body: object) => apply({ op: 'create', todo: { id: 'n', ...body } } as Operation)[3]
  const blank = todo('n', { position: '', etag: '', createdAt: AT, updatedAt: AT })
  t.strictSame(create({ title: ' n' }), blank)
  t.strictSame(create({ title: 'n', done: true, tags: ['b', 'a'], due: { date: '2026-03-29' } }), {
    ...blank,
    done: true,
    completedAt: AT,
    tags: ['a', 'b'],
    due: { date: '2026-03-29' }
  })
})
