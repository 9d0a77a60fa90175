import t from 'tap'
import { serveSignedIn } from '../signed-in.ts'

t.test('smoke', async t => {
  const { todos, clock } = await serveSignedIn(t)
  const made = await todos('POST', '', {
    title: 'a',
    due: { dateTime: '2026-03-28T09:00:00', timeZone: 'Europe/Berlin' },
    repeat: { rule: 'rrule:freq=daily', from: 'due' }
  })
  t.comment(JSON.stringify(made.body))
  const id = made.body.id
  const done = await todos('PATCH', `/${id}`, { done: true }, { 'idempotency-key': 'k' })
  t.comment(JSON.stringify(done.body))
  const again = await todos('PATCH', `/${id}`, { done: true }, { 'idempotency-key': 'k' })
  t.comment(JSON.stringify(again.body), again.headers['idempotent-replayed'])
  t.comment(JSON.stringify((await todos('POST', `/${id}/skip`)).body))
  t.comment(JSON.stringify((await todos('GET', `/${id}/completions?limit=1`)).body))
  t.comment(JSON.stringify((await todos('DELETE', `/${id}/completions/${done.body.completed.id}`)).body))
  for (const body of [
    { title: 'x', repeat: { rule: 'FREQ=HOURLY', from: 'due' } },
    { title: 'x', repeat: { rule: 'FREQ=DAILY', from: 'due' } },
    {
      title: 'x',
      due: { date: '2026-01-01' },
      repeat: { rule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', from: 'due' }
    }
  ]) {
    t.comment(JSON.stringify((await todos('POST', ``, body)).body))
    t.comment(
      JSON.stringify((await todos('POST', `/batch`, { operations: [{ op: 'create', todo: body }] })).body)
    )
  }
  t.comment(JSON.stringify((await todos('PATCH', `/${id}`, { due: null })).body))
  t.comment(JSON.stringify((await todos('PATCH', `/${id}`, { done: true, repeat: null })).body))
})
