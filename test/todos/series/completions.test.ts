import { eq } from 'drizzle-orm'
import t from 'tap'
import { allTables, retentionRules } from '../../../src/features.ts'
import { createJanitor } from '../../../src/jobs/janitor.ts'
import { MAX_COMPLETIONS } from '../../../src/todos/limits.ts'
import { expectedProblem } from '../../support/service.ts'
import { invalid, MISSING_ID } from '../signed-in.ts'
import { atNine, serveRecurring } from './recurring.ts'

t.test('completions are listed, the latest first, page by page', async t => {
  const { todos, makeRecurring, complete, getSessionId } = await serveRecurring(t)
  const { id } = await makeRecurring('FREQ=DAILY', atNine('2026-01-05'))
  const made = []
  for (const day of ['05', '06', '07', '08', '09']) {
    const { completed } = (await complete(id)).body
    t.strictSame(completed.occurrence, atNine(`2026-01-${day}`))
    made.unshift({ ...completed, sessionId: getSessionId() })
  }
  t.strictSame((await todos('GET', `/${id}/completions`)).body, { items: made, nextCursor: null })
  const pages = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body } = await todos('GET', `/${id}/completions?limit=2${cursor && `&cursor=${cursor}`}`)
    pages.push(body.items)
    cursor = body.nextCursor
  }
  t.strictSame(pages, [made.slice(0, 2), made.slice(2, 4), made.slice(4)])
  const { id: otherId } = await makeRecurring('FREQ=DAILY', atNine('2026-01-05'))
  t.strictSame((await todos('GET', `/${otherId}/completions`)).body, { items: [], nextCursor: null })

  const { nextCursor } = (await todos('GET', `/${id}/completions?limit=1`)).body
  const [digest] = JSON.parse(Buffer.from(nextCursor, 'base64url').toString())
  const altered = Buffer.from(JSON.stringify([digest, 'x', MISSING_ID])).toString('base64url')
  const cases: [path: string, parameter: string, detail: string][] = [
    [`/${otherId}/completions?cursor=${nextCursor}`, 'cursor', OTHER_LIST],
    [`/${id}/completions?cursor=${altered}`, 'cursor', ALTERED],
    [`/${id}/completions?limit=201`, 'limit', 'is not accepted; give a whole number from 1 to 200'],
    [`/${id}/completions?sort=id`, 'sort', 'is not known; known are limit, cursor']
  ]
  for (const [path, parameter, detail] of cases) {
    const answer = await todos('GET', path)
    t.strictSame(answer.body, invalid(answer, { parameter, detail }), path)
  }
  await todos('DELETE', `/${id}`)
  for (const missing of [id, MISSING_ID]) {
    const answer = await todos('GET', `/${missing}/completions`)
    t.strictSame(answer.body, expectedProblem(answer, 404, 'todo_not_found'))
  }
  await todos('POST', `/${id}/restore`)
  t.strictSame((await todos('GET', `/${id}/completions`)).body.items, made)
})

const OTHER_LIST = 'is of a list with another filter or order; begin this one without'
const ALTERED = 'has been altered; give the nextCursor of the page before, or none'

t.test('the latest completion can be taken back, then the one before', async t => {
  const { todos, makeRecurring, complete, occurrences, goTo } = await serveRecurring(t)
  for (const from of ['due', 'completion']) {
    const made = await makeRecurring('FREQ=DAILY;COUNT=2', atNine('2026-01-05'), from)
    const first = (await complete(made.id)).body
    const last = (await complete(made.id)).body
    t.equal(last.done, true)
    const takeBack = (completionId: string, headers = {}) =>
      todos('DELETE', `/${made.id}/completions/${completionId}`, undefined, headers)

    const tooEarly = await takeBack(first.completed.id)
    t.strictSame(tooEarly.body, expectedProblem(tooEarly, 409, 'completion_not_latest'))
    const outdated = await takeBack(last.completed.id, { 'if-match': first.etag })
    t.match(outdated.body, { status: 412, code: 'precondition_failed' })

    const back = await takeBack(last.completed.id.toUpperCase(), { 'if-match': last.etag })
    const { completed: _, ...before } = first
    t.strictSame(back.body, { ...before, updatedAt: back.body.updatedAt, etag: back.body.etag })
    t.equal(back.headers.etag, back.body.etag)
    const again = await takeBack(last.completed.id)
    t.strictSame(again.body, expectedProblem(again, 404, 'completion_not_found'))
    t.strictSame(await occurrences(made.id), [atNine('2026-01-05')])

    const start = (await takeBack(first.completed.id)).body
    t.strictSame(start, { ...made, updatedAt: start.updatedAt, etag: start.etag })
    t.match((await complete(made.id)).body, { done: false })
    t.match((await complete(made.id)).body, { done: true }, 'as many occurrences are left as before')
  }
  const late = await makeRecurring('FREQ=DAILY', { date: '2026-01-01' })
  await goTo('2026-01-10T12:00:00Z')
  const { completed } = (await complete(late.id)).body
  await goTo('2026-01-12T12:00:00Z')
  const { body } = await todos('DELETE', `/${late.id}/completions/${completed.id}`)
  t.match(body, { due: { date: '2026-01-01' }, updatedAt: '2026-01-12T12:00:00.000Z' })
})

t.test('a completion is not taken back when the series was changed since', async t => {
  const { todos, makeRecurring, complete, occurrences } = await serveRecurring(t)
  const changes: [method: string, path: string, body: object | undefined][] = [
    ['PATCH', '', { due: { date: '2026-01-08' } }],
    ['PATCH', '', { due: atNine('2026-01-06') }],
    ['PATCH', '', { repeat: { rule: 'FREQ=WEEKLY', from: 'due' } }],
    ['PATCH', '', { repeat: null }],
    ['PATCH', '', { due: null, repeat: null }],
    ['POST', '/skip', undefined]
  ]
  for (const [method, path, body] of changes) {
    const { id } = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' })
    const { completed } = (await complete(id)).body
    const changed = (await todos(method, `/${id}${path}`, body)).body
    const answer = await todos('DELETE', `/${id}/completions/${completed.id}`)
    t.strictSame(answer.body, expectedProblem(answer, 409, 'series_changed'), JSON.stringify(body))
    t.strictSame((await todos('GET', `/${id}`)).body, changed)
    t.strictSame(await occurrences(id), [{ date: '2026-01-05' }])
  }
  const { id } = await makeRecurring('FREQ=DAILY;COUNT=1', { date: '2026-01-05' })
  const { completed } = (await complete(id)).body
  await todos('PATCH', `/${id}`, { done: false, title: 'renamed' })
  const { body } = await todos('DELETE', `/${id}/completions/${completed.id}`)
  t.match(body, { done: false, title: 'renamed' }, 'other changes stay')
})

t.test('a completion is one of its todo', async t => {
  const { todos, makeRecurring, complete, signUp, call } = await serveRecurring(t)
  const { id } = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' })
  const other = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' })
  const { completed } = (await complete(id)).body
  for (const completionId of [MISSING_ID, completed.id]) {
    const answer = await todos('DELETE', `/${other.id}/completions/${completionId}`)
    t.strictSame(answer.body, expectedProblem(answer, 404, 'completion_not_found'))
  }
  const { accessToken: token } = await signUp()
  for (const [method, path] of [
    ['GET', `/${id}/completions`],
    ['DELETE', `/${id}/completions/${completed.id}`],
    ['POST', `/${id}/skip`]
  ] as const) {
    const answer = await call(method, `/api/todos${path}`, { token })
    t.strictSame(answer.body, expectedProblem(answer, 404, 'todo_not_found'))
  }
  const wrong = await todos('DELETE', `/${id}/completions/x`)
  t.strictSame(
    wrong.body,
    invalid(wrong, { parameter: 'completionId', detail: 'is not accepted; give a UUID' })
  )
})

t.test('completions go with their todo', async t => {
  const { app, config, todos, makeRecurring, complete, goTo, occurrences } = await serveRecurring(t)
  const lines = []
  for (const title of ['purged', 'expired']) {
    const { id } = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' }, 'due', { title })
    await complete(id)
    await complete(id)
    lines.push({ id, title })
  }
  const [purged, expired] = lines
  await todos('DELETE', `/${purged?.id}?permanent=true`)
  await todos('DELETE', `/${expired?.id}`)
  await goTo('2027-01-01T12:00:00Z')
  await createJanitor(app.store, config, retentionRules)()
  t.strictSame((await todos('GET', '?deleted=true')).body.items, [])
  const text = lines.map(line => JSON.stringify(line)).join('\n')
  await todos('POST', '/import', text, { 'content-type': 'application/x-ndjson' })
  for (const { id } of lines)
    t.strictSame(await occurrences(id), [], 'nothing is left for another todo with the id')
})

t.test('the latest completions are kept, as many as a limit says', async t => {
  const { app, todos, makeRecurring, complete, occurrences } = await serveRecurring(t)
  const { id } = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' })
  const { id: otherId } = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' })
  await complete(otherId)
  await complete(id)
  const { db, kit, newId } = app.store
  const tables = allTables(kit)
  const [first] = await db.select().from(tables.completions).where(eq(tables.completions.todoId, id))
  if (!first) throw new Error('There is no completion.')
  // As if it had been completed as often as it can be, before what was completed here.
  const { seq: _, ...row } = first
  const oldest = newId()
  for (let count = 1; count < MAX_COMPLETIONS; ) {
    const size = Math.min(1000, MAX_COMPLETIONS - count)
    const rows = Array.from({ length: size }, (_, index) => ({
      ...row,
      id: count + index === 1 ? oldest : newId(),
      changeNumber: 0
    }))
    await db.insert(tables.completions).values(rows)
    count += size
  }
  const fill = { completionCount: MAX_COMPLETIONS, changeNumber: 0 }
  await db.update(tables.todos).set(fill).where(eq(tables.todos.id, id))

  const count = async (todoId: string) =>
    (await db.select().from(tables.completions).where(eq(tables.completions.todoId, todoId))).length
  const find = async () =>
    (await db.select().from(tables.completions).where(eq(tables.completions.id, oldest))).length
  t.strictSame([await count(id), await find()], [MAX_COMPLETIONS, 1])
  const answer = await complete(id)
  const second = answer.body
  t.equal(answer.status, 200, JSON.stringify(second))
  t.match(second, { due: { date: '2026-01-07' }, completed: { occurrence: { date: '2026-01-06' } } })
  t.strictSame([await count(id), await find()], [MAX_COMPLETIONS, 0], 'the oldest made room')
  t.equal(await count(otherId), 1)
  t.strictSame((await occurrences(id)).slice(0, 2), [{ date: '2026-01-06' }, { date: '2026-01-05' }])

  await todos('DELETE', `/${id}/completions/${second.completed.id}`)
  t.equal(await count(id), MAX_COMPLETIONS - 1)
  await complete(id)
  t.equal(await count(id), MAX_COMPLETIONS, 'there was room again')
  await todos('PATCH', `/${id}`, { done: true, repeat: null })
  t.equal(await count(id), MAX_COMPLETIONS)
  await todos('DELETE', `/${id}?permanent=true`)
  t.equal(await count(id), 0)
})
