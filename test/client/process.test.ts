import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createClient, memoryStorage } from '../../src/client/index.ts'
import { emptyDatabase } from '../support/databases.ts'
import { start, stop } from '../support/process.ts'
import { createRandom } from '../support/random.ts'
import { SECRET } from '../support/service.ts'
import { ADA } from './in-process-client.ts'

/** Milliseconds for which both tabs work. */
const SPAN = 4000
/** The share of requests, and of answers, that get lost. */
const LOSS = 0.15

t.test('[LOST] two tabs on real sockets, while the service is killed and comes back', async t => {
  const cwd = t.testdir()
  const database = await emptyDatabase(t)
  const settings = {
    DATABASE_URL: database === ':memory:' ? `file:${cwd}/latchkey.db` : database,
    JWT_SECRET: SECRET,
    ACCESS_TOKEN_TTL: '1'
  }
  const { child, url } = await start(t, cwd, settings)
  const storage = memoryStorage()
  const random = createRandom(1)
  let refreshes = 0
  let isStormy = false

  async function lossy(input: string, init: RequestInit) {
    if (input.endsWith('/refresh')) refreshes += 1
    if (isStormy && random() < LOSS) throw new TypeError('the request is lost')
    const response = await fetch(input, init)
    if (isStormy && random() < LOSS) throw new TypeError('the answer is lost')
    return response
  }
  const signOuts: [string, string | undefined][] = []
  const [one, other] = ['one', 'other'].map(name =>
    createClient({
      baseUrl: url,
      storage,
      onSignedOut: problem => signOuts.push([name, problem?.code]),
      platform: { fetch: lossy }
    })
  ) as [ReturnType<typeof createClient>, ReturnType<typeof createClient>]
  t.teardown(() => [one, other].map(({ close }) => close()))
  const { verification: _, ...user } = await one.auth.register(ADA)
  t.strictSame(await other.auth.me(), user)

  isStormy = true
  const end = performance.now() + SPAN
  async function work(client: typeof one) {
    // Longer where the service takes its time to come back.
    while (performance.now() < end || refreshes < 3)
      // While the service is away for long, a call may fail; the session may not.
      await Promise.allSettled([client.auth.me(), client.todos.list(), sleep(100)])
  }
  const working = Promise.all([work(one), work(other)])
  await sleep(SPAN / 3)
  await stop(child, 'SIGKILL')
  await start(t, cwd, { ...settings, PORT: new URL(url).port })
  await working

  isStormy = false
  await sleep(1000)
  t.strictSame(await Promise.all([one.auth.me(), other.auth.me()]), [user, user])
  t.ok(refreshes >= 3, `${refreshes} refreshes`)
  t.strictSame(signOuts, [])

  await one.auth.logout()
  while (signOuts.length < 2) await sleep(10)
  t.strictSame(signOuts.sort(), [
    ['one', undefined],
    ['other', undefined]
  ])
})
