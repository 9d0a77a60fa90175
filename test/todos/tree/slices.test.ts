import t from 'tap'
import { crashAtWrite } from '../signed-in.ts'
import { findViolations, serveTrees } from './in-trees.ts'

const TREES = 40

t.test('a bulk update of many trees is whole, also after a crash in the middle', async t => {
  const service = await serveTrees(t)
  const { store, addList, add, batch, todos, readRows, readLists } = service
  const { atomically } = store
  if (store.hasManyRows) Object.assign(store, { hasManyRows: () => true })
  const listIds = [await addList('one'), await addList('two')]
  for (let n = 0; n < TREES; n += 1) {
    const root = await add(`root ${n}`, { listId: listIds[n % 3] ?? null, tags: ['root'] })
    const children = Array.from({ length: 4 }, (_, m) => `child ${n}.${m}`)
    const made = await batch(
      children.map((title, m) => ({ op: 'create', todo: { title, parentId: root.id, tags: [`t${m % 2}`] } }))
    )
    const { id } = made.body.results[0].todo
    await batch([
      { op: 'create', todo: { title: `below ${n}`, parentId: id, tags: ['t1'] } },
      { op: 'create', todo: { title: `deleted ${n}`, parentId: id } }
    ])
  }
  await batch([{ op: 'delete', where: { q: 'deleted' } }])
  t.strictSame(findViolations(await readRows(), await readLists()), [])

  let crashes = 0
  /** Runs a batch that dies at its nth write, then again. */
  async function crashAndRepeat(operation: object, write: number) {
    crashes += 1
    const headers = { 'idempotency-key': `crash-${crashes}` }
    const body = { operations: [operation] }
    crashAtWrite(store, write)
    const first = await todos('POST', '/batch', body, headers)
    Object.assign(store, { atomically })
    const again = await todos('POST', '/batch', body, headers)
    t.ok(first.status === 500 || first.status === 200)
    t.strictSame(findViolations(await readRows(), await readLists()), [])
    return again.body.results[0].count
  }

  const steps: [operation: object, count: number][] = [
    [{ op: 'complete', where: { tag: ['t1'] } }, 3 * TREES],
    [{ op: 'patch', where: { done: true }, changes: { done: false } }, 3 * TREES],
    [{ op: 'complete', where: { tag: ['root'] }, children: 'complete' }, TREES],
    [{ op: 'patch', where: { done: true }, changes: { done: false } }, 6 * TREES],
    [{ op: 'delete', where: { tag: ['t0'] } }, 2 * TREES],
    [{ op: 'restore', where: { deleted: true, tag: ['t0'] } }, 2 * TREES],
    [{ op: 'delete', where: { tag: ['root'] } }, TREES],
    [{ op: 'restore', where: { deleted: true, tag: ['root'] } }, TREES]
  ]
  for (const write of [2, 3, 5])
    for (const [operation, count] of steps)
      t.equal(await crashAndRepeat(operation, write), count, `${JSON.stringify(operation)} at ${write}`)
  const tag = ['t1']
  await batch([{ op: 'delete', where: { tag: ['root'] } }])
  t.equal(
    await crashAndRepeat({ op: 'restore', where: { deleted: true, tag } }, 4),
    3 * TREES,
    'by themselves'
  )
  await batch([{ op: 'delete', where: { tag } }])
  t.equal(await crashAndRepeat({ op: 'purge', where: { deleted: true, tag } }, 5), 3 * TREES)
  const rest = (await readRows()).length
  t.equal(await crashAndRepeat({ op: 'purge', where: { deleted: true } }, 3), rest)
  t.strictSame(await readRows(), [])
})
