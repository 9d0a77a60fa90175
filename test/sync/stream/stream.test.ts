import { setTimeout as sleep } from 'node:timers/promises'
import { EventSource } from 'eventsource'
import t from 'tap'
import { streamEvents } from '../../../src/sync/stream/counters.ts'
import { syncTables } from '../../../src/sync/tables.ts'
import { createRandom } from '../../support/random.ts'
import { expectedProblem } from '../../support/service.ts'
import { invalid } from '../../todos/signed-in.ts'
import { follow, openStream, parseEvents, type StreamEvent, serveStreams } from './follow.ts'

const caughtUp = (next: string): StreamEvent => ({ event: 'caught-up', data: { next } })
const changeOf = (id: unknown, todo: { id: string }) => ({
  event: 'change',
  id,
  data: { type: 'todo', id: todo.id, deleted: false, todo }
})

t.test('first what there is, then what comes, to the letter', async t => {
  const { origin, token, todos, call } = await serveStreams(t)
  const { body: milk } = await todos('POST', '', { title: 'Milk' })
  const stream = await follow(t, origin, { token })
  t.match(stream.response.headers, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
    vary: 'Accept',
    'transfer-encoding': 'chunked'
  })
  t.equal(stream.response.headers['content-encoding'], undefined)
  const [, first] = await stream.untilCaughtUp()
  const { body: page } = await call('GET', '/api/changes', { token })
  const milkJson = JSON.stringify({ type: 'todo', id: milk.id, deleted: false, todo: milk })
  t.equal(
    stream.text(),
    `retry: 2000\n\nevent: change\nid: ${first?.id}\ndata: ${milkJson}\n\nevent: caught-up\ndata: {"next":"${page.next}"}\n\n`
  )

  const { body: oats } = await todos('POST', '', { title: 'Oats: ü', description: 'two\nlines' })
  await todos('DELETE', `/${milk.id}`)
  await todos('DELETE', `/${milk.id}?permanent=true`)
  const events = await stream.until(events => events.some(({ data }) => data?.deleted))
  t.strictSame(events.findLast(({ event }) => event === 'change')?.data, {
    type: 'todo',
    id: milk.id,
    deleted: true
  })
  t.match(
    events.find(({ data }) => data?.id === oats.id),
    changeOf(String, oats)
  )
})

t.test('an empty account is caught up at once', async t => {
  const { origin, token, call } = await serveStreams(t)
  const { next } = (await call('GET', '/api/changes', { token })).body
  const stream = await follow(t, origin, { token })
  t.strictSame(await stream.untilCaughtUp(), [{ event: 'retry', data: 2000 }, caughtUp(next)])
})

t.test('[RESUME] a stream goes on after an event or a page, and the event wins', async t => {
  const { origin, token, make, call } = await serveStreams(t)
  const [one, two, three] = await make('one', 'two', 'three')
  const stream = await follow(t, origin, { token })
  const events = await stream.untilCaughtUp()
  const ids = events.flatMap(({ id = [] }) => id)
  t.equal(ids.length, 3)
  const { next } = (await call('GET', '/api/changes', { token })).body
  const [first = '', second = '', third = ''] = ids
  const resumed = await follow(t, origin, { token, headers: { 'last-event-id': first } })
  const rest = [changeOf(second, two), changeOf(third, three), caughtUp(next)]
  t.strictSame((await resumed.untilCaughtUp()).slice(1), rest)
  const since = await follow(t, origin, { token, since: first })
  t.strictSame((await since.untilCaughtUp()).slice(1), rest)
  const both = await follow(t, origin, { token, since: next, headers: { 'last-event-id': second } })
  t.strictSame((await both.untilCaughtUp()).slice(1), rest.slice(1))
  const empty = await follow(t, origin, { token, since: third, headers: { 'last-event-id': '' } })
  t.strictSame((await empty.untilCaughtUp()).slice(1), [caughtUp(next)], 'an empty id is none')
  t.strictSame(events.slice(1), [changeOf(first, one), ...rest])
})

t.test('what cannot be streamed is a problem', async t => {
  const { origin, app, token, call, signUp, todos } = await serveStreams(t)
  const stream = (headers: Record<string, string>, query = '') =>
    call('GET', `/api/changes/stream${query}`, { token, headers })
  for (const accept of ['application/json', 'text/event-stream;q=0, */*', 'text/html, image/*']) {
    const answer = await stream({ accept })
    t.strictSame(answer.body, expectedProblem(answer, 406, 'not_acceptable'), accept)
  }
  const other = await signUp()
  const { next } = (await call('GET', '/api/changes', { token: other.accessToken })).body
  for (const id of ['nonsense', '0', 'é', next]) {
    const byHeader = await stream({ 'last-event-id': id })
    t.strictSame(
      byHeader.body,
      invalid(byHeader, {
        parameter: 'Last-Event-ID',
        detail: 'is no id of an event of this account; send the last id that came, or none to begin anew'
      }),
      id
    )
    const bySince = await stream({}, `?since=${encodeURIComponent(id)}`)
    t.strictSame(
      bySince.body,
      invalid(bySince, {
        parameter: 'since',
        detail: 'is no token of this account; give the next of the page before, or none to begin anew'
      }),
      id
    )
  }
  const misspelt = await stream({}, '?sinc=x')
  t.strictSame(
    misspelt.body,
    invalid(misspelt, { parameter: 'sinc', detail: 'is not known; did you mean since?' })
  )
  const head = await call('HEAD', '/api/changes/stream', { token })
  t.strictSame([head.status, head.headers.allow, head.body], [405, 'GET', ''])
  const post = await call('POST', '/api/changes/stream', { token, body: {} })
  t.strictSame([post.status, post.headers.allow], [405, 'GET'])
  const nobody = await call('GET', '/api/changes/stream')
  t.match([nobody.status, nobody.headers['www-authenticate']], [401, 'Bearer'])

  await todos('POST', '', { title: 'x' })
  const { next: future } = (await call('GET', '/api/changes', { token })).body
  await app.store.db.update(syncTables(app.store.kit).changeSequences).set({ value: 0 }).execute()
  const undone = await stream({ 'last-event-id': future })
  t.strictSame(undone.body, expectedProblem(undone, 410, 'sync_token_expired', { action: 'resync' }))
  const { headers } = (await openStream(t, origin, { token })).response
  t.equal(headers['content-type'], 'text/event-stream', 'none of them has taken a place')
})

t.test('a user has so many streams, a process so many, and each end makes room', async t => {
  const settings = { MAX_STREAMS: '3', MAX_STREAMS_PER_USER: '2' }
  const { origin, token, call, signUp, app, lines } = await serveStreams(t, settings)
  const open = () => openStream(t, origin, { token })
  const streams = [await open(), await open()]
  const refused = await call('GET', '/api/changes/stream', { token })
  t.strictSame(refused.body, expectedProblem(refused, 429, 'too_many_streams', { action: 'retry-later' }))
  t.equal(refused.headers['retry-after'], '15')
  t.match((await call('GET', '/api/limits')).body, { streamsPerUser: 2 })

  const [ben, cy] = [await signUp(), await signUp()]
  streams.push(await openStream(t, origin, { token: ben.accessToken }))
  const full = await call('GET', '/api/changes/stream', { token: cy.accessToken })
  t.strictSame(full.body, expectedProblem(full, 503, 'overloaded', { action: 'retry-later' }))
  t.equal(full.headers['retry-after'], '15')

  streams[0]?.close()
  while (app.changeStreams.getLoad().open === 3) await sleep(5)
  t.equal((await open()).response.statusCode, 200)
  const parallel = await Promise.all(Array.from({ length: 5 }, open))
  t.ok(
    parallel.every(({ response }) => response.statusCode === 429),
    'not one too many at a time'
  )
  const line = lines.map(line => JSON.parse(line)).find(({ cut }) => cut)
  t.match(line, { method: 'GET', path: '/api/changes/stream', status: 200, user: String, msg: 'request' })
  t.strictSame(Object.fromEntries(app.store.counters.get(streamEvents)), { sent: 0, opened: 4 })
})

t.test('[NOMISS] cut at any byte and resumed, a follower has what the list has', async t => {
  const { origin, token, todos, make } = await serveStreams(t)
  const random = createRandom(18)
  const made = await make(...Array.from({ length: 8 }, (_, index) => `todo ${index}`))
  const copy = new Map<string, unknown>()
  let lastId: string | undefined
  let rounds = 0

  /** Applies what comes in so many bytes. */
  async function followFor(bytes: number) {
    const headers = lastId === undefined ? {} : { 'last-event-id': lastId }
    const { response, close } = await openStream(t, origin, { token, headers })
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk
      if (text.length >= bytes || text.includes('caught-up')) break
    }
    close()
    for (const { event, id, data } of parseEvents(text.slice(0, bytes))) {
      if (event !== 'change') continue
      lastId = id
      if (data.deleted || data.todo.deletedAt) copy.delete(data.id)
      else copy.set(data.id, data.todo)
    }
    rounds += 1
    return text.length <= bytes
  }

  for (let round = 0; round < 12; round += 1) {
    const { id } = made[Math.floor(random() * made.length)]
    await todos('PATCH', `/${id}`, { title: `round ${round}` })
    if (round % 4 === 3) await todos('DELETE', `/${id}`)
    await followFor(Math.floor(random() * 2500))
  }
  while (!(await followFor(Math.floor(500 + random() * 2500))));
  t.ok(rounds > 12, `${rounds} streams`)
  const { items } = (await todos('GET', '?limit=200')).body
  t.strictSame([...copy.values()].sort(byId), items.toSorted(byId))
})

const byId = (one: unknown, other: unknown) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)

t.test('an independent reader follows, and resumes by itself', async t => {
  const { origin, token, make, app } = await serveStreams(t)
  await make('one')
  let attempts = 0
  const source = new EventSource(`${origin}/api/changes/stream`, {
    fetch(url, init) {
      attempts += 1
      return fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } })
    }
  })
  t.teardown(() => source.close())
  const received: string[] = []
  for (const name of ['change', 'caught-up'])
    source.addEventListener(name, ({ data }) =>
      received.push(`${name} ${JSON.parse(data).todo?.title ?? ''}`)
    )
  while (received.length < 2) await sleep(5)
  app.server.closeAllConnections()
  await make('two')
  while (received.length < 4) await sleep(20)
  t.strictSame(received, ['change one', 'caught-up ', 'change two', 'caught-up '])
  t.equal(attempts, 2)
})
