import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { pages, readBlocks } from './docs/pages.ts'
import { startHaproxy, startNginx } from './support/proxies.ts'
import { follow, serveStreams } from './sync/stream/follow.ts'

/*
 * Streams of changes through real proxies: `npm run test:proxies`. They run as child processes with configurations of their
 * own, and listen on this machine only.
 */

/** Milliseconds in which an event comes that nobody holds back. */
const AT_ONCE = 2000
/** Milliseconds of silence before a heartbeat. */
const HEARTBEAT = 1000

/** Follows the changes through a proxy: events come at once, both ends of a stream reach the other, and one can go on. */
async function testStreams(
  t: Test,
  startProxy: (t: Test, origin: string) => Promise<string>,
  expectedHeaders: object,
  heartbeats: number
) {
  const service = await serveStreams(t, {}, { streamIntervals: { check: 50, heartbeat: HEARTBEAT } })
  const { token, app, call, make } = service
  const origin = await startProxy(t, service.origin)

  const stream = await follow(t, origin, { token })
  t.match(stream.response.headers, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    ...expectedHeaders
  })
  await stream.untilCaughtUp()
  for (const title of ['one', 'two', 'three']) {
    const begin = performance.now()
    await make(title)
    const events = await stream.until(events => events.some(({ data }) => data?.todo?.title === title))
    t.ok(events.some(({ data }) => data?.todo?.title === title))
    t.ok(performance.now() - begin < AT_ONCE, title)
  }
  const events = await stream.until(
    events => events.filter(({ event }) => event === 'comment').length >= heartbeats
  )
  t.ok(events.filter(({ event }) => event === 'comment').length >= heartbeats, 'heartbeats come through')

  const lastId = stream.events().findLast(({ id }) => id)?.id as string
  stream.close()
  const begin = performance.now()
  while (app.changeStreams.getLoad().open > 0) await sleep(10)
  t.ok(performance.now() - begin < AT_ONCE, 'when the client goes, the stream ends behind the proxy')

  const resumed = await follow(t, origin, { token, headers: { 'last-event-id': lastId } })
  await make('four')
  t.match(
    (await resumed.untilCaughtUp(2)).map(({ event, data }) => data?.todo?.title ?? event),
    ['retry', 'caught-up', 'four', 'caught-up']
  )
  await call('POST', '/api/auth/logout', { token })
  t.strictSame((await resumed.untilEnd()).at(-1), { event: 'end', data: { code: 'access_token_revoked' } })
}

t.test('a stream comes through nginx, which buffers by default, as it is written', t =>
  testStreams(t, startNginx, { server: /^nginx/ }, 1)
)

/** The settings of the documentation, without TLS and with timeouts of three heartbeats. */
function toHaproxyConfig(port: number, address: string): string {
  const blocks = pages.filter(({ path }) => path === 'docs/sync.md').flatMap(readBlocks)
  const { text = '' } = blocks.find(({ language }) => language === 'haproxy') ?? {}
  return text
    .replace(/bind :443 ssl .*/, `bind 127.0.0.1:${port}`)
    .replace('127.0.0.1:3000', address)
    .replaceAll('60s', `${3 * HEARTBEAT}ms`)
}

t.test('a stream comes through HAProxy, and outlasts its timeouts', { timeout: 60_000 }, t =>
  testStreams(t, (t, origin) => startHaproxy(t, origin, toHaproxyConfig), {}, 7)
)
