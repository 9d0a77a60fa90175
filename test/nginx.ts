import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startNginx } from './support/nginx.ts'
import { follow, serveStreams } from './sync/stream/follow.ts'

/*
 * Streams of changes through a real nginx that buffers answers, as it does by default: `npm run test:nginx`. It runs as a
 * child process with a configuration of its own, and listens on this machine only.
 */

/** Milliseconds in which an event comes that nobody holds back. */
const AT_ONCE = 2000

t.test('a stream comes through nginx as it is written', async t => {
  const service = await serveStreams(t, {}, { streamIntervals: { check: 50, heartbeat: 1000 } })
  const { token, app, call, make } = service
  const origin = await startNginx(t, service.origin)

  const stream = await follow(t, origin, { token })
  t.match(stream.response.headers, {
    server: /^nginx/,
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform'
  })
  await stream.untilCaughtUp()
  for (const title of ['one', 'two', 'three']) {
    const begin = performance.now()
    await make(title)
    const events = await stream.until(events => events.some(({ data }) => data?.todo?.title === title))
    t.ok(events.some(({ data }) => data?.todo?.title === title))
    t.ok(performance.now() - begin < AT_ONCE, title)
  }
  await stream.until(events => events.some(({ event }) => event === 'comment'))
  t.pass('a heartbeat comes through')

  const lastId = stream.events().findLast(({ id }) => id)?.id as string
  stream.close()
  const begin = performance.now()
  while (app.changeStreams.getLoad().open > 0) await sleep(10)
  t.ok(performance.now() - begin < AT_ONCE, 'when the client goes, the stream ends behind nginx')

  const resumed = await follow(t, origin, { token, headers: { 'last-event-id': lastId } })
  await make('four')
  t.match(
    (await resumed.untilCaughtUp(2)).map(({ event, data }) => data?.todo?.title ?? event),
    ['retry', 'caught-up', 'four', 'caught-up']
  )
  await call('POST', '/api/auth/logout', { token })
  t.strictSame((await resumed.untilEnd()).at(-1), { event: 'end', data: { code: 'access_token_revoked' } })
})
