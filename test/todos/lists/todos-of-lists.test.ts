import t from 'tap'
import { expectedProblem } from '../../support/service.ts'
import { serveLists } from './lists.ts'

/** More than a slice. */
const MANY = 120

const range = (count: number) => Array.from({ length: count }, (_, index) => `${index}`)

/** A list with many todos, of which one was deleted before, and todos elsewhere. */
async function serveManyTodos(t: Parameters<typeof serveLists>[0]) {
  const service = await serveLists(t)
  const { todos, lists, makeList, make } = service
  const list = await makeList('Long')
  const other = await makeList('Other')
  const all = range(MANY)
  for (let start = 0; start < MANY; start += 60)
    await todos('POST', '/batch', {
      operations: all
        .slice(start, start + 60)
        .map(title => ({ op: 'create', todo: { title, listId: list.id, done: title === '7' } }))
    })
  const { items } = (await todos('GET', `?list=${list.id}&limit=200&sort=position`)).body
  await todos('DELETE', `/${items[3].id}`)
  await make('inbox')
  await service.fill(other.id, 'other')
  /** The titles of all pages. */
  const titlesOf = async (query: string): Promise<string[]> =>
    (await todos('GET', `?limit=200&${query}`)).body.items.map(({ title }: { title: string }) => title)
  const openCount = async () => (await lists('GET', `/${list.id}`)).body.openCount
  const kept = all.filter(title => title !== '3')
  return { ...service, list, other, items, kept, titlesOf, openCount }
}

t.test('a list goes into the trash with its todos, and comes back with exactly those', async t => {
  const { lists, todos, list, items, kept, titlesOf, openCount, clock } = await serveManyTodos(t)
  t.equal(await openCount(), MANY - 2)
  clock.advance(60)
  const removed = await lists('DELETE', `/${list.id}`)
  t.strictSame([removed.status, removed.body.openCount], [200, MANY - 2])
  t.strictSame((await titlesOf('count=true')).sort(), ['inbox', 'other'], 'at once')
  t.equal((await todos('GET', `/${items[0].id}`)).status, 404)
  t.equal((await todos('PATCH', `/${items[0].id}`, { done: true })).status, 404)
  const trash = (await todos('GET', '?deleted=true&limit=200&count=true')).body
  t.equal(trash.total, MANY)
  t.strictSame([...new Set(trash.items.map(({ deletedAt }: { deletedAt: string }) => deletedAt))].sort(), [
    '2026-01-01T00:00:00.000Z',
    '2026-01-01T00:01:00.000Z'
  ])
  const filter = await todos('GET', `?list=${list.id}`)
  t.equal(filter.status, 400)

  clock.advance(60)
  const restored = await lists('POST', `/${list.id}/restore`)
  t.strictSame([restored.status, restored.body.openCount], [200, MANY - 2])
  t.strictSame(await titlesOf(`list=${list.id}`), kept)
  t.strictSame(await titlesOf('deleted=true'), ['3'])
  t.equal((await todos('GET', `/${items[0].id}`)).body.updatedAt, '2026-01-01T00:02:00.000Z')
  const [first] = (await todos('GET', '?deleted=true')).body.items
  t.equal((await todos('POST', `/${first.id}/restore`)).body.listId, list.id)
  t.equal(await openCount(), MANY - 1)
})

t.test('an archived list keeps its todos to itself', async t => {
  const { lists, todos, list, kept, titlesOf, make, fill } = await serveManyTodos(t)
  const archived = await lists('PATCH', `/${list.id}`, { archived: true })
  t.match(archived.body, { archived: true, archivedAt: '2026-01-01T00:00:00.000Z' })
  t.strictSame((await titlesOf('')).sort(), ['inbox', 'other'], 'at once')
  t.strictSame(await titlesOf(`list=${list.id}`), kept)
  await fill(list.id, 'new')
  const [moved] = await make('moved')
  await todos('PATCH', `/${moved.id}`, { listId: list.id })
  t.strictSame((await titlesOf('')).sort(), ['inbox', 'other'])
  t.strictSame(
    (await lists('PATCH', `/${list.id}`, { archived: true })).body.archivedAt,
    archived.body.archivedAt
  )
  const active = await lists('PATCH', `/${list.id}`, { archived: null, name: 'Active' })
  t.match(active.body, { archived: false, archivedAt: null, name: 'Active', openCount: MANY })
  t.strictSame((await titlesOf('')).sort(), [...kept, 'inbox', 'other', 'new', 'moved'].sort())
})

t.test('a list is deleted for good with its todos', async t => {
  const { lists, todos, list, items, titlesOf, call, token } = await serveManyTodos(t)
  const { next } = (await call('GET', '/api/changes?limit=1000', { token })).body
  t.equal((await lists('DELETE', `/${list.id}?permanent=true`)).status, 200)
  t.strictSame((await titlesOf('')).sort(), ['inbox', 'other'], 'at once')
  t.equal((await todos('POST', `/${items[0].id}/restore`)).status, 404, 'nothing comes back')
  t.equal((await todos('DELETE', `/${items[1].id}?permanent=true`)).status, 404)
  t.equal((await todos('POST', '', { title: 'same id', id: items[2].id })).status, 201, 'ids are free')
  t.strictSame(await titlesOf('deleted=true'), ['3'], 'what was in the trash before stays')
  const { changes, more } = (await call('GET', `/api/changes?limit=1000&since=${next}`, { token })).body
  t.equal(more, false)
  t.strictSame(
    changes.filter(({ deleted }: { deleted: boolean }) => deleted).length,
    MANY - 1,
    'all but the one that was made anew, and the list'
  )
  t.strictSame(
    changes.find(({ type }: { type: string }) => type === 'list'),
    {
      type: 'list',
      id: list.id,
      deleted: true
    }
  )
  t.match((await todos('POST', `/${items[3].id}/restore`)).body, { listId: null })
})

t.test('a todo leaves a deleted list by itself, for the inbox', async t => {
  const { lists, todos, list, other, items, titlesOf } = await serveManyTodos(t)
  await lists('DELETE', `/${list.id}`)
  t.match((await todos('POST', `/${items[5].id}/restore`)).body, { listId: null, deletedAt: null })
  t.equal((await lists('POST', `/${list.id}/restore`)).body.openCount, MANY - 3)
  t.equal((await titlesOf(`list=${list.id}`)).length, MANY - 2)
  t.strictSame((await titlesOf('list=inbox')).sort(), ['5', 'inbox'])
  t.strictSame((await titlesOf(`list=inbox&list=${other.id}`)).sort(), ['5', 'inbox', 'other'])
})

t.test('what is not there takes no todos', async t => {
  const { lists, todos, list } = await serveManyTodos(t)
  await lists('DELETE', `/${list.id}`)
  const answer = await todos('POST', '', { title: 'late', listId: list.id })
  const errors = [{ pointer: '/listId', detail: 'names no list; GET /api/lists tells those that there are' }]
  t.strictSame(answer.body, expectedProblem(answer, 400, 'validation_failed', { errors }))
})
