import { once } from 'node:events'
import { get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { createTodos } from '../../../src/todos/todos.ts'
import { expectedProblem } from '../../support/service.ts'
import { afterAuthentication, serveSignedIn } from '../signed-in.ts'

/** More todos of 16 KiB than sockets and streams buffer. */
const MANY = 1000

t.test('an export has each todo as the API shows it, one a line, the trash included', async t => {
  const { call, signUp, clock, todos, make } = await serveSignedIn(t)
  const [a, b, c] = await make('a', '"and" é 😀', 'c')
  clock.advance(60)
  const content = { title: 'd', description: 'x\r\ny\u2028z', done: true, priority: 'high', tags: ['b', 'a'] }
  const { body: d } = await todos('POST', '', {
    ...content,
    due: { dateTime: '2026-03-29T02:30:00', timeZone: 'Europe/Berlin' }
  })
  const { body: deleted } = await todos('DELETE', `/${b.id}`)
  const { body: moved } = await todos('POST', `/${a.id}/move`, { to: 'bottom' })
  const { accessToken: stranger } = await signUp()
  await call('POST', '/api/todos', { token: stranger, body: { title: 'not mine' } })

  const answer = await todos('GET', '/export')
  t.match(answer, {
    status: 200,
    headers: {
      'content-type': 'application/x-ndjson',
      'content-disposition': 'attachment; filename="todos.ndjson"',
      'cache-control': 'private, no-cache',
      vary: 'Accept'
    }
  })
  t.equal(answer.body, [moved, deleted, c, d].map(todo => `${JSON.stringify(todo)}\n`).join(''))
  const head = await todos('HEAD', '/export')
  t.match(head, { status: 200, headers: { 'content-type': 'application/x-ndjson' }, body: /^$/ })
})

t.test('an export without todos is empty', async t => {
  const { todos } = await serveSignedIn(t)
  t.match(await todos('GET', '/export'), { status: 200, body: /^$/ })
})

t.test('the media type is negotiated', async t => {
  const { todos } = await serveSignedIn(t, { CORS_ORIGIN: 'https://app.example' })
  const lines = [
    '*/*',
    'application/*',
    'application/x-ndjson',
    'text/calendar;q=0.5, */*',
    'APPLICATION/X-NDJSON',
    '*/*; charset=utf-8',
    'application/x-ndjson;charset=utf-8',
    'text/calendar;component=vevent;q=0.5, application/x-ndjson;profile="a;q=0, b"'
  ]
  const calendars = [
    'text/calendar',
    'text/*',
    'application/x-ndjson;q=0.1, text/calendar',
    'text/calendar, */*;q=0.1',
    'text/calendar; charset=utf-8',
    'Text/Calendar;Charset="UTF-8";q=1',
    'text/calendar;component=vtodo',
    'text/calendar ; method=PUBLISH ; component=vtodo',
    'text/calendar; charset=utf-8; q=0.9; ext=1, application/x-ndjson; q = 0.5',
    'application/x-ndjson;q=0.5, text/calendar;q=0.9',
    'text/*;charset=utf-8, */*;q=0.1'
  ]
  for (const accept of [...lines, ...calendars]) {
    const { status, headers } = await todos('GET', '/export', undefined, { accept })
    const [type] = String(headers['content-type']).split(';')
    t.match(
      { status, type },
      { status: 200, type: lines.includes(accept) ? 'application/x-ndjson' : 'text/calendar' },
      accept
    )
  }
  for (const accept of [
    'application/json',
    'text/html',
    'text/html, application/xhtml+xml',
    '*/*;q=0',
    'application/x-ndjson;q=0',
    'text/calendar;charset=utf-8;q=0',
    'text/csv;charset=utf-8',
    'nonsense;'
  ]) {
    const answer = await todos('GET', '/export', undefined, { accept, origin: 'https://app.example' })
    t.strictSame(answer.body, expectedProblem(answer, 406, 'not_acceptable'), accept)
    t.equal(answer.headers.vary, 'Origin, Accept')
  }
})

/** A listening service with an export under way: the stream that it sends, and the response of the client. */
async function exporting(t: Parameters<typeof serveSignedIn>[0]) {
  const { app, lines, token, user } = await serveSignedIn(t)
  const todos = createTodos(app.store, user.id)
  for (let count = 0; count < MANY; count++)
    await todos.create({ title: `${count}`, description: 'x'.repeat(16_384) })
  await app.listen()
  const { port } = app.server.address() as AddressInfo
  const sent = once(app.server, 'request').then(async ([, response]) => {
    const [stream] = await once(response as ServerResponse, 'pipe')
    return stream as Readable
  })
  const request = get({
    port,
    host: '127.0.0.1',
    path: '/api/todos/export',
    agent: false,
    headers: { authorization: `Bearer ${token}` }
  })
  const [response] = await once(request, 'response')
  return { app, lines, response: response as IncomingMessage, stream: await sent }
}

t.test('an export reads as it writes, and stops when the client leaves', async t => {
  const { lines, response, stream } = await exporting(t)
  const [first] = await once(response, 'data')
  t.ok(first.length > 0)
  response.destroy()
  await once(stream, 'close')
  t.equal(stream.readableEnded, false, 'it was not read to its end')
  t.notMatch(lines.join(), /"level":50/)
})

t.test('an export that fails midway is cut, so that nobody takes it for complete', async t => {
  const { app, response } = await exporting(t)
  await app.store.close()
  await t.rejects(text(response), { code: 'ECONNRESET' })
})

t.test('an export that cannot begin answers a problem', async t => {
  const { app, call, token } = await serveSignedIn(t)
  t.equal((await call('GET', '/api/todos/export', { token })).status, 200)
  afterAuthentication(app, () => app.store.close())
  const answer = await call('GET', '/api/todos/export', { token })
  t.strictSame(answer.body, expectedProblem(answer, 503, 'database_unavailable', { action: 'retry-later' }))
  t.match(answer.headers, { 'content-type': /^application\/problem\+json/, 'content-disposition': undefined })
})
