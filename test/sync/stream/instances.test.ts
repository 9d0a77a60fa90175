import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { emptyDatabase, query } from '../../support/databases.ts'
import { serve } from '../../support/service.ts'
import { follow, serveStreams } from './follow.ts'

/** Two instances on one database: a file that both have open, or a server. */
async function serveTwo(t: Test, poll: number) {
  const database = await emptyDatabase(t)
  const DATABASE_URL = database === ':memory:' ? `file:${join(t.testdir(), 'latchkey.db')}` : database
  const one = await serveStreams(t, { DATABASE_URL }, { streamIntervals: { poll } })
  const { app } = await serve(t, { DATABASE_URL }, {}, { poll })
  const other = { app, origin: await app.listen({ port: 0, host: '127.0.0.1' }) }
  return { one, other, DATABASE_URL, isServer: database !== ':memory:' }
}

t.test('what is changed on one instance comes on the streams of the other', async t => {
  const { one, other, isServer } = await serveTwo(t, 100_000)
  if (!isServer) return t.pass('a file tells nobody')
  const stream = await follow(t, other.origin, { token: one.token })
  await stream.untilCaughtUp()
  await one.make('one')
  t.match((await stream.untilCaughtUp(2)).slice(2), [{ data: { todo: { title: 'one' } } }, {}])
})

t.test('[NOMISS] what nobody tells of is found all the same', async t => {
  const { one, other, isServer, DATABASE_URL } = await serveTwo(t, 100)
  const stream = await follow(t, other.origin, { token: one.token })
  await stream.untilCaughtUp()
  if (isServer) await query(DATABASE_URL, KILL_LISTENERS)
  await one.make('one')
  t.match((await stream.untilCaughtUp(2)).slice(2), [{ data: { todo: { title: 'one' } } }, {}])
  stream.close()
  while (other.app.changeStreams.getLoad().open > 0) await sleep(5)
  await sleep(150)
  t.pass('nobody follows, and nothing is looked for')
})

const KILL_LISTENERS = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and query ~ '^(listen|select pg_notify)'`
