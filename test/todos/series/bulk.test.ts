import t from 'tap'
import { serveRecurring } from './recurring.ts'

const where = { done: false }

t.test('a bulk completion completes each recurring todo once, and makes the others done', async t => {
  for (const others of [3, 300]) {
    await t.test(`among ${others} others`, async t => {
      const { todos, make, makeRecurring, occurrences, getSessionId } = await serveRecurring(t)
      const due = { date: '2026-01-05' }
      const daily = await makeRecurring('FREQ=DAILY', due)
      const last = await makeRecurring('FREQ=DAILY;COUNT=1', due)
      const ended = await makeRecurring('FREQ=DAILY;COUNT=1', due, 'due', { done: true })
      const { id: doneChild } = await make('done child', { parentId: daily.id, done: true })
      const { id: openChild } = await make('open child', { parentId: daily.id })
      const { id: childOfLast } = await make('child of the last', { parentId: last.id })
      const lines = Array.from({ length: others }, (_, index) => JSON.stringify({ title: `other ${index}` }))
      await todos('POST', '/import', lines.join('\n'), { 'content-type': 'application/x-ndjson' })

      const { body } = await todos('POST', '/batch', {
        operations: [{ op: 'patch', where, changes: { done: true } }]
      })
      t.strictSame(body.results, [{ count: others + 3 }])
      const get = async (id: string) => (await todos('GET', `/${id}`)).body
      t.match(await get(daily.id), {
        done: false,
        due: { date: '2026-01-06' },
        childCount: 2,
        openChildCount: 2
      })
      t.match(await get(doneChild), { done: false, completedAt: null })
      t.match(await get(openChild), { done: false })
      t.match(await get(last.id), { done: true, due, completedAt: '2026-01-01T12:00:00.000Z' })
      t.match(await get(childOfLast), { done: true })
      t.strictSame(await get(ended.id), ended)
      t.strictSame(await occurrences(last.id), [due])
      const { items } = (await todos('GET', `/${daily.id}/completions`)).body
      t.strictSame(items, [
        {
          id: items[0].id,
          occurrence: due,
          completedAt: '2026-01-01T12:00:00.000Z',
          sessionId: getSessionId()
        }
      ])
      t.strictSame(
        (await todos('GET', '?done=false')).body.items.map(({ id }: { id: string }) => id),
        [daily.id, doneChild, openChild]
      )
    })
  }
})

t.test('a bulk completion of very many recurring todos completes each once', async t => {
  const { todos } = await serveRecurring(t)
  const repeat = { rule: 'FREQ=DAILY', from: 'due' }
  const lines = Array.from({ length: 250 }, (_, index) =>
    JSON.stringify({ title: `${index}`, due: { date: '2026-01-05' }, repeat })
  )
  await todos('POST', '/import', lines.join('\n'), { 'content-type': 'application/x-ndjson' })
  const { body } = await todos('POST', '/batch', {
    operations: [{ op: 'patch', where, changes: { done: true } }]
  })
  t.strictSame(body.results, [{ count: 250 }])
  const { items, total } = (await todos('GET', '?done=false&count=true&limit=200')).body
  t.equal(total, 250)
  for (const { due } of items) t.strictSame(due, { date: '2026-01-06' })
})

t.test('a bulk completion of what repeats leaves the rest, and is a matter of the filter', async t => {
  const { todos, makeRecurring, occurrences, make } = await serveRecurring(t)
  const due = { date: '2026-01-05' }
  await make('single')
  const [a, b] = [
    await makeRecurring('FREQ=DAILY', due, 'due', { tags: ['x'] }),
    await makeRecurring('FREQ=DAILY', due, 'due', { title: 'Feed' })
  ]
  const completeAll = async (where: object, validateOnly = false) =>
    (
      await todos('POST', '/batch', {
        operations: [{ op: 'patch', where, changes: { done: true } }],
        validateOnly
      })
    ).body.results
  t.strictSame(await completeAll({ repeat: true }, true), [{ count: 2 }])
  t.strictSame(await completeAll({ repeat: true }), [{ count: 2 }])
  t.strictSame(await completeAll({ tag: ['x'] }), [{ count: 1 }])
  t.strictSame(await completeAll({ q: 'feed' }), [{ count: 1 }])
  t.strictSame(await completeAll({ repeat: false }), [{ count: 1 }])
  for (const { id } of [a, b]) t.strictSame(await occurrences(id), [{ date: '2026-01-06' }, due])
})

t.test('a bulk completion with a key completes once', async t => {
  const { todos, makeRecurring, occurrences } = await serveRecurring(t)
  const { id } = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' })
  const send = () =>
    todos(
      'POST',
      '/batch',
      { operations: [{ op: 'patch', where, changes: { done: true } }] },
      { 'idempotency-key': 'a' }
    )
  t.strictSame((await send()).body.results, [{ count: 1 }])
  t.strictSame((await send()).body.results, [{ count: 1 }])
  t.strictSame(await occurrences(id), [{ date: '2026-01-05' }])
})

t.test('bulk completions and single ones at the same time complete one occurrence each', async t => {
  const { todos, makeRecurring, complete, occurrences } = await serveRecurring(t)
  const { id } = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' })
  const bulk = () =>
    todos('POST', '/batch', { operations: [{ op: 'patch', where, changes: { done: true } }] })
  await Promise.all([bulk(), complete(id), bulk(), complete(id)])
  t.strictSame(
    await occurrences(id),
    ['08', '07', '06', '05'].map(day => ({ date: `2026-01-${day}` }))
  )
})

t.test('with children a bulk completion completes the recurring subtasks, too', async t => {
  const { todos, make, makeRecurring, occurrences } = await serveRecurring(t)
  const due = { date: '2026-01-05' }
  const next = { date: '2026-01-06' }
  const makeSubtask = (parentId: string, tags: string[] = []) =>
    makeRecurring('FREQ=DAILY', due, 'due', { parentId, tags })
  const top = await make('top', { tags: ['x'] })
  const middle = await make('middle', { parentId: top.id })
  const below = await makeSubtask(middle.id)
  const itself = await makeSubtask(middle.id, ['x'])
  const underRecurring = await make('under a recurring one', { parentId: below.id })
  const elsewhere = await makeSubtask((await make('elsewhere')).id)
  const underDone = await makeSubtask((await make('done', { tags: ['x'], done: true })).id)

  const { body } = await todos('POST', '/batch', {
    operations: [{ op: 'complete', where: { tag: ['x'] }, children: 'complete' }]
  })
  t.strictSame(body.results, [{ count: 2 }], 'what the filter selects')
  const get = async (id: string) => (await todos('GET', `/${id}`)).body
  t.match(await get(top.id), { done: true, openChildCount: 0 })
  t.match(await get(middle.id), { done: true, childCount: 2, openChildCount: 2 })
  for (const { id } of [below, itself]) {
    t.match(await get(id), { done: false, due: next })
    t.strictSame(await occurrences(id), [due])
  }
  t.match(await get(underRecurring.id), { done: false }, 'it begins the next occurrence open')
  for (const todo of [elsewhere, underDone]) t.strictSame(await get(todo.id), todo)
})
