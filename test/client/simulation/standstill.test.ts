import t from 'tap'
import { createRandom } from '../../support/random.ts'
import { serve } from '../../support/service.ts'
import { createDevice, type Device, openTab, retryUntilDone, runWhenAwake } from './device.ts'
import { createScheduler } from './scheduler.ts'
import { createSimulation } from './simulation.ts'

const DEVICES = Number(process.env.CLIENT_SESSIONS ?? 20)
const SEED = Number(process.env.CLIENT_SEED ?? 20_261_125)
/** Seconds after which an access token has run out for certain, and for which a tab stands still: those of two refreshes. */
const LIFE = 330
const STILL = 3 * LIFE

/** One tab stands still at a moment when both of them refresh; the other one goes on, and has refreshed twice more meanwhile. */
function live(device: Device) {
  const { scheduler, random } = device.simulation
  const [one, other] = [openTab(device), openTab(device)]
  const use = (at: number, tab = other) =>
    runWhenAwake(
      device,
      at,
      tab.whenRunnable(() => void retryUntilDone(tab, client => client.auth.me()))
    )
  void retryUntilDone(one, client => client.auth.login({ email: 'e', password: '0' }))
  const start = LIFE + random() * 60
  use(start + random(), one)
  use(start + random())
  scheduler.schedule(start + random() * 2, () => {
    one.frozenUntil = scheduler.now() + STILL
  })
  for (const lives of [1, 2, 2.5, 3.5]) use(start + lives * LIFE)
  // It goes on with what it was about to do, and is used at once.
  use(start + STILL, one)
}

for (const hasLocks of [false, true])
  t.test(`[LOST] [RACE] a tab that stands still ${hasLocks ? 'with' : 'without'} locks`, async t => {
    const service = await serve(t, { MAX_SESSIONS: '1000', LOG_LEVEL: 'error' })
    const scheduler = createScheduler(service.clock)
    const world = await createSimulation(service, scheduler, createRandom(SEED), 1)
    // Two of three answers to a refresh get lost.
    world.faultRates = { lost: 0, answerLost: 0.4, duplicated: 0, slow: 0, refused: 0 }
    const devices = Array.from({ length: DEVICES }, () => ({ ...createDevice(world), hasLocks }))
    for (const device of devices) live(device)
    await scheduler.run()
    const endings = devices.flatMap(({ signOuts }) => signOuts.map(({ problem }) => `${problem?.code}`))
    t.strictSame(endings, [], 'ends no session')
    const failed = devices.flatMap(({ tabs }) => tabs).filter(({ client }) => !client.auth.user())
    t.strictSame(failed.length, 0, 'all are signed in')
    t.comment(JSON.stringify(world.counts))
  })
