import t from 'tap'
import { serveRecurring } from './recurring.ts'

t.test(
  'the subtasks of a recurring todo are opened again, on all levels, but for those that recur',
  async t => {
    const { make, makeRecurring, complete, todos } = await serveRecurring(t)
    const top = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' })
    const { id: child } = await make('child', { parentId: top.id, done: true })
    const { id: openChild } = await make('open child', { parentId: top.id })
    const { id: grandchild } = await make('grandchild', { parentId: child, done: true })
    const ended = await makeRecurring('FREQ=DAILY;COUNT=1', { date: '2026-01-05' }, 'due', {
      parentId: top.id
    })
    await complete(ended.id)
    const { id: trashed } = await make('trashed', { parentId: top.id, done: true })
    await todos('DELETE', `/${trashed}`)
    const get = async (id: string) => (await todos('GET', `/${id}`)).body
    const openBefore = await get(openChild)
    t.match(await get(top.id), { childCount: 3, openChildCount: 1 })

    const { body } = await complete(top.id)
    t.match(body, { done: false, due: { date: '2026-01-06' }, childCount: 3, openChildCount: 2 })
    t.match(await get(top.id), { etag: body.etag, childCount: 3, openChildCount: 2 })
    t.match(await get(child), { done: false, completedAt: null, childCount: 1, openChildCount: 1 })
    t.match(await get(grandchild), { done: false, completedAt: null })
    t.match(await get(ended.id), { done: true })
    t.strictSame(await get(openChild), openBefore)
    t.match((await todos('GET', '?deleted=true')).body.items, [{ id: trashed, done: true }])

    await todos('PATCH', `/${child}`, { done: true })
    t.match((await todos('POST', `/${top.id}/skip`)).body, { openChildCount: 2 }, 'with each occurrence')
    await todos('PATCH', `/${child}`, { done: true })
    t.match((await todos('PATCH', `/${top.id}`, { done: true, repeat: null })).body, {
      done: true,
      openChildCount: 1
    })
  }
)
