import t from 'tap'
import { stop } from '../support/process.ts'
import { follow } from '../sync/stream/follow.ts'
import { openTwoClients, startTwoWorkers, toAccount } from './two-workers.ts'

t.test('[NOMISS] what one worker changes comes on the streams of the other at once', async t => {
  const { child, url } = await startTwoWorkers(t)
  const [one, other] = openTwoClients(t, url)
  const { accessToken: token } = (await one('POST', '/api/auth/register', { body: toAccount('ada') })).body
  // Connections are handed out in turn.
  const streams = [await follow(t, url, { token }), await follow(t, url, { token })]
  for (const stream of streams) await stream.untilCaughtUp()
  await other('GET', '/health/live')
  const began = performance.now()
  await one('POST', '/api/todos', { token, body: { title: 'one' } })
  for (const stream of streams)
    t.match((await stream.untilCaughtUp(2)).slice(2), [{ data: { todo: { title: 'one' } } }, {}])
  const duration = performance.now() - began
  t.ok(duration < 2000, `${duration} ms, so that it was not the poll`)
  t.equal(await stop(child, 'SIGTERM'), 0)
  for (const stream of streams)
    t.match((await stream.untilEnd()).slice(4), [
      { event: 'retry' },
      { event: 'end', data: { code: 'shutting_down' } }
    ])
})
