import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Broadcast } from '../../src/cluster/broadcast.ts'
import { openStore } from '../../src/db/store.ts'
import { createDatabase, emptyDatabase, query } from '../support/databases.ts'
import { startFakePooler } from './fake-pooler.ts'

const SERVER = process.env.TEST_DATABASE_URL
const skip = !SERVER && 'needs PostgreSQL'

/** Ends the connections that listen. @returns how many there were */
async function killListeners(url: string): Promise<number> {
  const killed = await query(
    SERVER as string,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = $1 and query ~ '^(listen|select pg_notify)'`,
    [toName(url)]
  )
  return killed.length
}

const toName = (url: string) => new URL(url).pathname.slice(1)

/** What an instance hears, and how it tells that something has come. */
async function openInstance(t: Test, url: string) {
  const lines: string[] = []
  const log = { warn: (line: string) => lines.push(line) }
  const store = await openStore({ url, poolMax: 1, now: () => new Date(), log })
  const heard: string[] = []
  let gaps = 0
  const broadcast = store.openBroadcast?.(
    { onMessage: message => heard.push(message), onGap: () => (gaps += 1) },
    () => 1
  ) as Broadcast
  t.teardown(() => store.close())
  t.teardown(() => broadcast.close())
  return { ...broadcast, store, heard, lines, gaps: () => gaps }
}

/** Waits for something that is to happen. */
async function until(isTrue: () => boolean) {
  while (!isTrue()) await sleep(5)
}

t.test('SQLite passes no messages on', { skip: Boolean(SERVER) }, async t => {
  const options = { poolMax: 1, now: () => new Date(), log: { warn() {} } }
  const store = await openStore({ url: await emptyDatabase(t), ...options })
  t.equal(store.openBroadcast, undefined)
  await store.close()
})

t.test('what one instance publishes the others hear, and it does not', { skip }, async t => {
  const url = await createDatabase(SERVER as string)
  const [one, other] = await Promise.all([openInstance(t, url), openInstance(t, url)])
  await until(() => one.gaps() + other.gaps() === 2)
  one.publish('ada')
  one.publish('ada')
  other.publish('bob')
  await until(() => one.heard.length + other.heard.length === 2)
  t.strictSame([one.heard, other.heard], [['bob'], ['ada']])

  const many = Array.from({ length: 500 }, (_, index) => `${index} of many users, each with a long name: ö`)
  for (const message of many) one.publish(message)
  await until(() => other.heard.length === 501)
  t.strictSame(other.heard.slice(1), many, 'more than a notification holds')
  t.strictSame([one.lines, other.lines], [[], []])
})

t.test('a connection that is killed comes back, and says that it was away', { skip }, async t => {
  const url = await createDatabase(SERVER as string)
  const [one, other] = await Promise.all([openInstance(t, url), openInstance(t, url)])
  await until(() => one.gaps() + other.gaps() === 2)
  t.equal(await killListeners(url), 2)
  await until(() => one.gaps() + other.gaps() === 4)
  for (const { lines } of [one, other])
    t.strictSame(lines, [
      'The connection that listens for other instances was lost: terminating connection due to administrator command. Until it is back, their changes are found a few seconds later.'
    ])
  one.publish('ada')
  await until(() => other.heard.length === 1)
  t.strictSame(other.heard, ['ada'])
})

t.test(
  'a server that is away is tried again, in silence, and closing waits for nothing',
  { skip },
  async t => {
    const url = await createDatabase(SERVER as string)
    const instance = await openInstance(t, url)
    await until(() => instance.gaps() === 1)
    const { pathname } = new URL(url)
    const allow = (isAllowed: boolean) =>
      query(SERVER as string, `alter database "${pathname.slice(1)}" allow_connections ${isAllowed}`)
    await allow(false)
    await query(
      SERVER as string,
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and query like $2',
      [pathname.slice(1), 'listen %']
    )
    await sleep(300)
    t.equal(instance.lines.length, 1, 'one warning for all attempts')
    await allow(true)
    await until(() => instance.gaps() === 2)

    await allow(false)
    await instance.close()
    await instance.close()
    await allow(true)
    await sleep(100)
    t.equal(instance.lines.length, 1)
    t.equal(await killListeners(url), 0)
  }
)

t.test('a notification that fails ends the connection', { skip }, async t => {
  const url = await createDatabase(SERVER as string)
  const instance = await openInstance(t, url)
  await until(() => instance.gaps() === 1)
  instance.publish('x'.repeat(8000))
  await until(() => instance.gaps() === 2)
  t.match(instance.lines, [/Connection terminated unexpectedly/])
})

t.test('behind a pooler nobody listens', { skip }, async t => {
  const server = await createDatabase(SERVER as string)
  const { url } = await startFakePooler(t, server)
  const instance = await openInstance(t, url)
  instance.publish('ada')
  await sleep(40)
  t.equal(await killListeners(server), 0)
  t.equal(instance.gaps(), 0)
})
