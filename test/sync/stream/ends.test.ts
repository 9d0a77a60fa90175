import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { StatementError } from '../../../src/db/errors.ts'
import type { ChangeStreamRequest } from '../../../src/sync/stream/change-streams.ts'
import { streamEvents } from '../../../src/sync/stream/counters.ts'
import { PASSWORD, type Service } from '../../support/service.ts'
import { MISSING_ID } from '../../todos/signed-in.ts'
import { follow, openStream, serveStreams } from './follow.ts'

/** Sessions are checked often, so that the tests are quick. */
const intervals = { check: 20 }

const end = (code: string) => ({ event: 'end', data: { code } })

t.test('a stream ends with its session, whatever ends that, and others go on', async t => {
  const { origin, call, signUp, clock } = await serveStreams(t, {}, { streamIntervals: intervals })
  const body = { currentPassword: PASSWORD, newPassword: 'another horse of that stable' }
  const ways: [string, string, string, object?][] = [
    ['access_token_revoked', 'POST', '/api/auth/logout'],
    ['access_token_stale', 'PUT', '/api/auth/password', body],
    ['access_token_revoked', 'DELETE', '/api/auth/me', { password: PASSWORD }]
  ]
  const witness = await follow(t, origin, { token: (await signUp()).accessToken })
  for (const [code, method, path, body] of ways) {
    const { accessToken: token } = await signUp()
    const stream = await follow(t, origin, { token })
    await stream.untilCaughtUp()
    t.ok((await call(method, path, { token, body })).status < 300, `${method} ${path}`)
    t.strictSame((await stream.untilEnd()).slice(2), [end(code)])
  }
  t.equal((await witness.untilCaughtUp()).length, 2)
  clock.advance(299)
  await sleep(50)
  t.equal(witness.events().length, 2, 'it lasts as long as its token')
  clock.advance(1)
  t.strictSame((await witness.untilEnd()).slice(2), [end('access_token_expired')])
})

t.test('a stream ends with the refresh that takes its token out of use', async t => {
  const { origin, clock, signUp, refresh } = await serveStreams(t, {}, { streamIntervals: intervals })
  const pair = await signUp()
  const stream = await follow(t, origin, { token: pair.accessToken })
  clock.advance(300)
  t.equal((await refresh(pair)).status, 200)
  t.strictSame((await stream.untilEnd()).at(-1), end('access_token_expired'))
})

t.test('a change that comes after the end of the session is not sent', async t => {
  const { origin, call, signUp } = await serveStreams(t, {}, { streamIntervals: { check: 100_000 } })
  const { accessToken: token, user } = await signUp()
  const other = await call('POST', '/api/auth/login', { body: { email: user.email, password: PASSWORD } })
  const stream = await follow(t, origin, { token })
  await stream.untilCaughtUp()
  await call('POST', '/api/auth/logout', { token })
  await call('POST', '/api/todos', { token: other.body.accessToken, body: { title: 'secret' } })
  t.strictSame((await stream.untilEnd()).slice(2), [end('access_token_revoked')])
})

t.test('a heartbeat comes when nothing else was sent', async t => {
  const options = { streamIntervals: { check: 20, heartbeat: 200 } }
  const { origin, token, make } = await serveStreams(t, {}, options)
  const stream = await follow(t, origin, { token })
  await stream.untilCaughtUp()
  await make('one')
  await stream.until(events => events.filter(({ event }) => event === 'comment').length === 2)
  t.strictSame(
    stream.events().map(({ event, data }) => (event === 'comment' ? data : event)),
    ['retry', 'caught-up', 'change', 'caught-up', 'heartbeat', 'heartbeat']
  )
})

t.test('[NOMISS] a client that does not read costs little, and is dropped or cut off', async t => {
  const options = { timeouts: { stalled: 400 }, streamIntervals: intervals }
  const { origin, token, app, signUp, todos, call } = await serveStreams(t, {}, options)
  const line = JSON.stringify({ title: 'x', description: 'x'.repeat(16_384) })
  const lines = Array(400).fill(line).join('\n')
  await todos('POST', '/import', lines, { 'content-type': 'application/x-ndjson' })
  const idle = await follow(t, origin, { token: (await signUp()).accessToken })
  const tally = app.store.counters.get(streamEvents)

  const deaf = await openStream(t, origin, { token })
  deaf.response.pause()
  while (app.changeStreams.getLoad().open === 2) await sleep(20)
  t.equal(tally.get('dropped'), 1)

  const before = Number(tally.get('sent'))
  const pending = await app.sessions.authenticateForRead(token)
  const { readable } = await app.changeStreams.open({
    ...pending,
    since: undefined,
    serialize: JSON.stringify
  })
  await sleep(50)
  t.equal(Number(tally.get('sent')) - before, 50, 'one page is read for whoever takes nothing')
  await call('POST', '/api/auth/logout', { token })
  while (app.changeStreams.getLoad().open === 2) await sleep(20)
  t.ok(readable.destroyed, 'and the end of the session does not wait for that')
  t.equal(idle.events().length, 2, 'one that has nothing to read is not')
})

t.test('when the process stops, streams end at once and say when to come back', async t => {
  const { origin, token, app } = await serveStreams(t)
  const streams = await Promise.all([1, 2, 3].map(() => follow(t, origin, { token })))
  for (const stream of streams) await stream.untilCaughtUp()
  const began = performance.now()
  const stopped = app.stop(0)
  for (const stream of streams) {
    const [retry, ...rest] = (await stream.untilEnd()).slice(2)
    t.ok(retry?.event === 'retry' && retry.data >= 1000 && retry.data <= 5000, `${retry?.data}`)
    t.strictSame(rest, [end('shutting_down')])
  }
  const late: ChangeStreamRequest = {
    read: work => work('ada'),
    check: async () => {},
    since: undefined,
    serialize: String
  }
  await t.rejects(app.changeStreams.open(late), {
    code: 'shutting_down',
    status: 503,
    headers: { 'retry-after': '15' }
  })
  await stopped
  t.ok(performance.now() - began < 2000)
})

/** Makes the reading of sessions fail as long as there is an error. */
function breakReads({ app }: Pick<Service, 'app'>) {
  const { authenticateForRead } = app.sessions
  const state: { error: Error | undefined } = { error: undefined }
  Object.assign(app.sessions, {
    async authenticateForRead(token: string) {
      const identity = await authenticateForRead(token)
      return {
        ...identity,
        read: (work: (userId: string) => Promise<unknown>) =>
          state.error ? Promise.reject(state.error) : identity.read(work),
        check: () => (state.error ? Promise.reject(state.error) : identity.check())
      }
    }
  })
  return state
}

t.test('while the database is away a stream waits, and then misses nothing', async t => {
  const service = await serveStreams(t, {}, { streamIntervals: intervals })
  const { origin, token, make } = service
  const state = breakReads(service)
  const stream = await follow(t, origin, { token })
  await stream.untilCaughtUp()
  state.error = new StatementError('x', Object.assign(new Error('away'), { code: 'ECONNREFUSED' }))
  await make('one')
  const isComment = ({ event }: { event: string }) => event === 'comment'
  await stream.until(events => events.some(isComment))
  t.equal(stream.events().filter(event => !isComment(event)).length, 2, 'a heartbeat, and nothing else')
  state.error = undefined
  const events = (await stream.untilCaughtUp(2)).filter(event => !isComment(event))
  t.match(events.slice(2), [{ data: { todo: { title: 'one' } } }, {}])
})

t.test('a session is not checked again before its last check has ended', async t => {
  const { app } = await serveStreams(t, {}, { streamIntervals: intervals })
  let checks = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const { readable } = await app.changeStreams.open({
    read: work => work(MISSING_ID),
    check() {
      checks += 1
      return promise
    },
    since: undefined,
    serialize: JSON.stringify
  })
  await sleep(100)
  t.equal(checks, 1)
  resolve()
  while (checks === 1) await sleep(5)
  readable.destroy()
})

t.test('a fault of the program cuts the stream, whoever meets it', async t => {
  for (const check of [20, 100_000]) await cutByFault(t, check)
})

async function cutByFault(t: Test, check: number) {
  const service = await serveStreams(t, {}, { streamIntervals: { check } })
  const { origin, token, make, app, lines } = service
  const state = breakReads(service)
  const stream = await follow(t, origin, { token })
  await stream.untilCaughtUp()
  state.error = new Error('a fault')
  if (check > 20) await make('one')
  t.equal((await stream.untilEnd()).length, 2)
  t.equal(app.changeStreams.getLoad().open, 0)
  t.match(
    lines.map(line => JSON.parse(line)).find(({ level }) => level === 40),
    { err: { message: 'a fault' }, msg: 'response terminated with an error with headers already sent' }
  )
}
