import t from 'tap'
import { expectedProblem } from '../../support/service.ts'
import { MISSING_ID } from '../signed-in.ts'
import { atNine, serveRecurring } from './recurring.ts'

t.test('an occurrence can be skipped', async t => {
  const { todos, makeRecurring, goTo, occurrences } = await serveRecurring(t)
  const made = await makeRecurring('FREQ=WEEKLY;BYDAY=MO,TH', atNine('2026-01-05'))
  const skip = (id: string, headers = {}) => todos('POST', `/${id}/skip`, undefined, headers)
  const { body, headers } = await skip(made.id, { 'if-match': made.etag })
  t.strictSame(body, { ...made, due: atNine('2026-01-08'), etag: body.etag })
  t.equal(headers.etag, body.etag)
  t.match((await skip(made.id, { 'if-match': made.etag })).body, { status: 412, current: body })
  await goTo('2026-02-01T12:00:00Z')
  t.match((await skip(made.id)).body, { due: atNine('2026-02-02'), updatedAt: '2026-02-01T12:00:00.000Z' })
  t.strictSame(await occurrences(made.id), [])

  const counted = await makeRecurring('FREQ=DAILY;INTERVAL=3;COUNT=2', { date: '2026-01-05' }, 'completion')
  t.match((await skip(counted.id)).body, { due: { date: '2026-02-04' } }, 'counted from today')
  const ended = await skip(counted.id)
  t.strictSame(ended.body, expectedProblem(ended, 409, 'series_ended'), 'what is skipped counts')
})

t.test('without a next occurrence nothing is skipped', async t => {
  const { todos, make, makeRecurring, complete } = await serveRecurring(t)
  const single = await make('single')
  const last = await makeRecurring('FREQ=DAILY;UNTIL=20260105', { date: '2026-01-05' })
  const done = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' }, 'due', { done: true })
  const ended = await makeRecurring('FREQ=DAILY;COUNT=1', { date: '2026-01-05' })
  await complete(ended.id)
  const cases: [id: string, status: number, code: string][] = [
    [single.id, 409, 'todo_not_recurring'],
    [last.id, 409, 'series_ended'],
    [done.id, 409, 'series_ended'],
    [ended.id, 409, 'series_ended'],
    [MISSING_ID, 404, 'todo_not_found']
  ]
  for (const [id, status, code] of cases) {
    const answer = await todos('POST', `/${id}/skip`)
    t.strictSame(answer.body, expectedProblem(answer, status, code))
  }
  t.strictSame((await todos('GET', `/${last.id}`)).body, last)
})
