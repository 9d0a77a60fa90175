import t, { type Test } from 'tap'
import { createRandom } from '../../support/random.ts'
import { serve } from '../../support/service.ts'
import {
  createDevice,
  type Device,
  openTab,
  putToSleep,
  reload,
  retryUntilDone,
  runWhenAwake,
  type Tab
} from './device.ts'
import { createScheduler } from './scheduler.ts'
import { createSimulation, NO_FAULTS, type Simulation } from './simulation.ts'

const SESSIONS = Number(process.env.CLIENT_SESSIONS ?? 12)
const SEED = Number(process.env.CLIENT_SEED ?? 20_261_124)
const PER_USER = 50
/** How long it goes on, and how often each device is used, reloaded and shut meanwhile. */
const DAYS = 2 * 86_400
const USES = 10
const RELOADS = 3
const SLEEPS = 4
const LONGEST_SLEEP = 10 * 3600
/** One thing after another, and some at once, in one tab. */
async function use(device: Device, number: number) {
  const { random } = device.simulation
  const tab = device.tabs[Math.floor(random() * device.tabs.length)]
  if (!tab) return
  const title = `${number}-${device.requestedCount++}`
  await Promise.all([
    retryUntilDone(tab, ({ todos }) => todos.list({ limit: 1 })),
    random() < 0.5 && retryUntilDone(tab, ({ auth }) => auth.me()),
    random() < 0.5 &&
      retryUntilDone(tab, async ({ todos }) => {
        await todos.create({ title }, { idempotencyKey: title })
        device.createdTitles.push(title)
      })
  ])
}

function live(world: Simulation, number: number): Device {
  const { random } = world
  const device = createDevice(world)
  for (let tabs = 1 + Math.floor(random() * 3); tabs > 0; tabs--) openTab(device)
  const password = `${Math.floor(number / PER_USER)}`
  const enter = () => {
    const [tab] = device.tabs
    // Who has crashed while signing in signs in again.
    if (tab && !tab.client.auth.user())
      void retryUntilDone(tab, client => client.auth.login({ email: 'e', password })).then(() =>
        runWhenAwake(device, 120, enter)
      )
  }
  runWhenAwake(device, random() * 1800, enter)
  for (let times = 0; times < USES; times++) {
    const at = 3600 + random() * DAYS
    // All tabs wake up when the device does.
    for (const _ of device.tabs) runWhenAwake(device, at + random() * 2, () => void use(device, number))
  }
  for (let times = 0; times < RELOADS; times++)
    runWhenAwake(device, 3600 + random() * DAYS, () => {
      const tab = device.tabs[Math.floor(random() * device.tabs.length)]
      if (tab) reload(tab)
    })
  for (let times = 0; times < SLEEPS; times++)
    world.scheduler.schedule(3600 + random() * DAYS, () =>
      putToSleep(device, 60 + random() ** 3 * LONGEST_SLEEP)
    )
  return device
}

const PATIENCE = 3_600_000
const NAME = 'latchkey '
const settings = { MAX_SESSIONS: '1000', LOG_LEVEL: 'error' }

/** Lets the devices live through their days. */
async function simulate(t: Test, sessions: number, seed: number, also = (_device: Device) => {}) {
  const service = await serve(t, settings)
  const agenda = createScheduler(service.clock)
  const world = await createSimulation(service, agenda, createRandom(seed), Math.ceil(sessions / PER_USER))
  const devices = Array.from({ length: sessions }, (_, number) => live(world, number))
  for (const device of devices) also(device)
  await agenda.run()
  t.comment(JSON.stringify({ sessions, seed, ...world.counts }))
  world.faultRates = NO_FAULTS
  return { world, devices }
}

const title = `[LOST] [RACE] of ${SESSIONS} sessions with tabs, sleeps and a bad network none ends by itself`

t.setTimeout(PATIENCE)

t.test(title, { timeout: PATIENCE }, async t => {
  const { world, devices } = await simulate(t, SESSIONS, SEED)
  const last = devices.map(({ tabs }) => Promise.allSettled(tabs.map(({ client }) => client.auth.me())))
  await world.scheduler.run()
  const answers = await Promise.all(last)

  const isBeyond = ({ signOuts }: Device) => signOuts.some(one => one.isPastRetryWindow)
  const kept = devices.filter(device => !isBeyond(device))
  const beyond = devices.length - kept.length
  t.comment(`${beyond} were asleep or shut for all of REFRESH_RETRY_WINDOW while an answer was lost`)
  t.ok(beyond <= 1 + SESSIONS / 25, 'which is rare')
  t.ok(world.counts.repeated > SESSIONS, `${world.counts.repeated} refreshes were repeated`)

  const endings = kept.flatMap(({ signOuts }) => signOuts.map(({ problem }) => `${problem?.code}`))
  t.strictSame(endings, [], 'spurious sign-outs')
  const refused = devices.filter(
    (device, number) => !isBeyond(device) && answers[number]?.some(({ status }) => status === 'rejected')
  )
  t.equal(refused.length, 0, 'all are still signed in, in each of their tabs')
})

t.test('todos that were created on a bad network exist once', async t => {
  const { world, devices } = await simulate(t, 12, SEED + 1)
  const [{ client }] = devices.flatMap(({ tabs }) => tabs) as [Tab]
  const walk = Array.fromAsync(client.todos.all({ limit: 200 }), ({ title }) => title)
  await world.scheduler.run()
  const found = await walk
  const made = devices.flatMap(device => device.createdTitles)
  t.ok(made.length > 30, `${made.length} were made`)
  t.equal(new Set(found).size, found.length, 'no duplicates')
  t.strictSame(
    made.filter(title => !found.includes(title)),
    [],
    'none is missing'
  )
})

t.test(
  '[R9700-4.14.2b] a stolen pair that was used ends the session, and each tab is notified once',
  async t => {
    const { world, devices } = await simulate(t, 8, SEED + 2, device => {
      runWhenAwake(device, DAYS / 2, () => {
        const { accessToken, refreshToken } = JSON.parse(device.storage.stored.getItem(NAME) ?? '{}')
        const steal = () =>
          void device.simulation.scheduler.holdTimeDuring(
            device.simulation.service.refresh({ accessToken, refreshToken })
          )
        for (const after of [400, 4000]) runWhenAwake(device, after, steal)
      })
    })
    for (const device of devices) for (const { client } of device.tabs) client.auth.me().catch(() => {})
    await world.scheduler.run()
    for (const device of devices) {
      t.strictSame(device.storage.stored.getItem(NAME), null, 'the storage is empty')
      const told = device.signOuts.filter(({ tab }) => tab.isAlive).map(({ tab }) => tab)
      t.equal(new Set(told).size, told.length, 'no tab is told twice')
      t.ok(
        device.signOuts.some(({ problem }) => problem?.action === 'sign-in'),
        'with what the service said'
      )
    }
  }
)
