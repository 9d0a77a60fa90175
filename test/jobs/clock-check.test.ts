import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import retention from '../../plugins/ops/retention.ts'
import { readConfig } from '../../src/config/config.ts'
import { allTables, signsOfUse } from '../../src/features.ts'
import { createClockCheck, findQuietSince } from '../../src/jobs/clock-check.ts'
import { janitorRounds } from '../../src/jobs/janitor.ts'
import { createProgram, sharedSettings } from '../cli/program.ts'
import { SECRET, serve } from '../support/service.ts'

const HOUR = 3600
const DAY = 24 * HOUR
const config = readConfig({ JWT_SECRET: SECRET })

/** A service that a user signed in to at the start of its clock, and a clock beside it that nobody sets. */
async function serveUser(t: Test) {
  const service = await serve(t, await sharedSettings(t))
  await service.signUp()
  let uptime = 0
  return {
    ...service,
    watch: () => createClockCheck(service.app.store, config, signsOfUse, () => uptime * 1000),
    /** Time goes on, for both clocks. */
    elapse(seconds: number) {
      uptime += seconds
      service.clock.advance(seconds)
    }
  }
}

t.test('a clock that jumps ahead is not believed before it has gone on like that for a day', async t => {
  const { watch, clock, elapse } = await serveUser(t)
  const isBelieved = await watch()
  elapse(100 * DAY)
  t.ok(isBelieved(), 'time that has passed is no jump')
  clock.advance(HOUR)
  t.ok(isBelieved(), 'nor is an hour')

  clock.advance(DAY)
  t.notOk(isBelieved())
  elapse(DAY - HOUR)
  t.notOk(isBelieved())
  clock.advance(-DAY)
  t.ok(isBelieved(), 'it was put right')

  clock.advance(400 * DAY)
  t.notOk(isBelieved())
  elapse(DAY / 2)
  clock.advance(400 * DAY)
  t.notOk(isBelieved(), 'a second jump begins the day anew')
  elapse(DAY - 1)
  t.notOk(isBelieved())
  elapse(1)
  t.ok(isBelieved())
  elapse(HOUR)
  t.ok(isBelieved(), 'and stays so')
})

t.test('a clock that finds a week of quiet at the start is not believed, either', async t => {
  const { app, watch, clock, elapse, signUp } = await serveUser(t)
  const start = clock.now()
  clock.advance(7 * DAY)
  t.ok((await watch())())
  clock.advance(0.001)
  t.strictSame(await findQuietSince(app.store, config, signsOfUse), start)
  clock.advance(400 * DAY)
  await signUp()
  t.strictSame(await findQuietSince(app.store, config, signsOfUse), start, 'what it wrote itself is no proof')
  const isBelieved = await watch()
  t.notOk(isBelieved())
  elapse(DAY)
  t.ok(isBelieved())
  elapse(1)
  t.equal(await findQuietSince(app.store, config, signsOfUse), undefined, 'a day later it is')
})

t.test('a refresh is a sign of life, and nothing is quiet where there is nothing', async t => {
  const { app, clock, signUp, refresh } = await serve(t, await sharedSettings(t))
  t.equal(await findQuietSince(app.store, config, signsOfUse), undefined)
  const pair = await signUp()
  clock.advance(6 * DAY)
  t.equal((await refresh(pair)).status, 200)
  clock.advance(6 * DAY)
  t.equal(await findQuietSince(app.store, config, signsOfUse), undefined)
  clock.advance(DAY + 1)
  t.not(await findQuietSince(app.store, config, signsOfUse), undefined)
})

t.test('the janitor skips its rounds meanwhile, and says so', async t => {
  const { app, clock } = await serveUser(t)
  const lines: { level: number; msg: string }[] = []
  const other = Fastify({ logger: { stream: { write: line => lines.push(JSON.parse(line)) } } })
  t.teardown(() => other.close())
  clock.advance(400 * DAY)
  const store = fp(async service => void service.decorate('store', app.store), { name: 'database' })
  await other.register(store)
  let uptime = 0
  await other.register(retention, { config, firstDelay: 1, interval: 1, monotonic: () => uptime * 1000 })
  await other.ready()
  while (lines.length < 2) await sleep(1)
  const warning = {
    level: 40,
    msg: 'the clock may be ahead, so nothing is removed until it has gone on like that for a day'
  }
  t.match(lines.slice(0, 2), [warning, warning])
  const { sessions } = allTables(app.store.kit)
  t.equal((await app.store.db.select().from(sessions).execute()).length, 1)
  uptime = DAY
  clock.advance(DAY)
  while ((await app.store.db.select().from(sessions).execute()).length > 0) await sleep(1)
  await other.close()
  t.strictSame([...app.store.counters.get(janitorRounds).keys()], ['skipped', 'done'])
})

t.test('prune removes nothing by such a clock, unless it is told to', async t => {
  const settings = await sharedSettings(t)
  const { app, clock, signUp } = await serve(t, settings)
  await signUp()
  clock.advance(400 * DAY)
  const latchkey = createProgram(settings, clock)
  t.strictSame(await latchkey('prune'), {
    code: 75,
    stdout: '',
    stderr:
      'It is 2027-02-05T00:00:00.000Z here, but the last use of the database before today was on 2026-01-01T00:00:00.000Z. ' +
      'Nothing was removed. If the clock is right, use --force.\n'
  })
  const { sessions } = allTables(app.store.kit)
  t.equal((await app.store.db.select().from(sessions).execute()).length, 1)
  t.match(await latchkey('prune', '--force'), { code: 0, stdout: /^0 mails, 1 sessions, 1 events, / })
})
