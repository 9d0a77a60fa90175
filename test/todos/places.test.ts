import { eq } from 'drizzle-orm'
import t from 'tap'
import { allTables } from '../../src/features.ts'
import { MAX_POSITION_LENGTH } from '../../src/todos/position.ts'
import { expectedProblem } from '../support/service.ts'
import { serveSignedIn } from './signed-in.ts'

t.test('a place that has no room left is told, and nothing is moved', async t => {
  const { app, todos, make } = await serveSignedIn(t)
  const [a, b, c] = await make('a', 'b', 'c')
  const { db, kit } = app.store
  const tables = allTables(kit)
  const end = 'V'.padEnd(MAX_POSITION_LENGTH - 1, '-')
  for (const [{ id }, position] of [
    [a, `${end}0`],
    [b, `${end}1`]
  ] as const)
    await db.update(tables.todos).set({ position }).where(eq(tables.todos.id, id))
  const list = (await todos('GET')).body
  const answer = await todos('POST', `/${c.id}/move`, { after: a.id })
  t.strictSame(answer.body, expectedProblem(answer, 409, 'todo_place_exhausted'))
  t.strictSame((await todos('GET')).body, list)
  t.equal((await todos('POST', `/${c.id}/move`, { before: a.id })).status, 200, 'beside it there is room')
})

t.test('parallel moves to one place end with positions of their own, and change nobody else', async t => {
  const { clock, todos, make } = await serveSignedIn(t)
  const [a, b, ...others] = await make(...'abcdefgh')
  clock.advance(60)
  for (let round = 0; round < 15; round++)
    for (const place of [{ after: a.id }, { before: b.id }, { to: 'top' }, { to: 'bottom' }]) {
      const answers = await Promise.all(others.map(({ id }) => todos('POST', `/${id}/move`, place)))
      const positions = new Set(answers.map(({ body }) => body.position))
      if (positions.size !== others.length) t.fail(JSON.stringify(answers))
    }
  const { items } = (await todos('GET')).body
  const one = (id: string) => items.find((todo: { id: string }) => todo.id === id)
  t.strictSame([one(a.id), one(b.id)], [a, b])
  for (const todo of others)
    t.strictSame(one(todo.id), { ...todo, position: one(todo.id).position, etag: one(todo.id).etag })
})

t.test('a restored todo has a place of its own, though another has been moved to where it was', async t => {
  const { todos, make, titles } = await serveSignedIn(t)
  const [a, b, c, d] = await make('a', 'b', 'c', 'd')
  await todos('POST', `/${c.id}/move`, { after: a.id })
  await todos('DELETE', `/${c.id}`)
  await todos('POST', `/${b.id}/move`, { after: a.id })
  await todos('POST', `/${d.id}/move`, { after: a.id })
  await todos('POST', `/${c.id}/restore`)
  await todos('POST', `/${b.id}/move`, { after: c.id })
  const order = await titles()
  t.equal(order.indexOf('b'), order.indexOf('c') + 1)
})
