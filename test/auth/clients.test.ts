import t from 'tap'
import { createRandom } from '../support/random.ts'
import { type Pair, type Service, serve } from '../support/service.ts'

const CLIENTS = 80
const WEEK = 7 * 86_400
/** How often a client is used in the week. */
const USES = 10
/** The share of requests, and of answers, that get lost on a bad network. */
const LOSS = 0.3
/** How long a tab waits before it tries again after a loss, in seconds, at most. */
const PATIENCE = 20
const LEEWAY = 10

/** What happens when, on the service's stopped clock: a tab that waits is one that comes back later. */
function agendaOf({ clock }: Service) {
  const start = clock.now().getTime()
  const entries: { at: number; what: () => Promise<void> }[] = []
  const now = () => (clock.now().getTime() - start) / 1000
  return {
    now,
    in(seconds: number, what: () => Promise<void>) {
      entries.push({ at: now() + seconds, what })
    },
    async run() {
      while (entries.length > 0) {
        entries.sort((one, other) => other.at - one.at)
        const { at, what } = entries.pop() as (typeof entries)[number]
        clock.advance(Math.max(0, at - now()))
        await what()
      }
    }
  }
}

type Agenda = ReturnType<typeof agendaOf>

/** What the tabs of a client share: its pair, and the key of the refresh that is under way, kept until its answer is. */
interface Storage {
  pair: Pair
  expiresAt: number
  key?: string | undefined
  /** The share of requests, and of answers, that its network loses. */
  loss: number
  isSignedOut: boolean
  refreshes: number
}

interface World {
  service: Service
  agenda: Agenda
  random: () => number
  /** How often the service gave a pair, and how often it said that another tab has the latest one. */
  given: number
  races: number
}

const worldOf = (service: Service, seed: number): World => ({
  service,
  agenda: agendaOf(service),
  random: createRandom(seed),
  given: 0,
  races: 0
})

function storageOf({ agenda }: World, pair: Pair, loss = 0): Storage {
  return { pair, expiresAt: agenda.now() + pair.expiresIn, loss, isSignedOut: false, refreshes: 0 }
}

function store({ agenda }: World, storage: Storage, pair: Pair) {
  Object.assign(storage, { pair, expiresAt: agenda.now() + pair.expiresIn, key: undefined })
  storage.refreshes += 1
}

/** A well-behaved tab: it needs a live access token, and does what the answers say until it has one. */
async function use(world: World, storage: Storage): Promise<void> {
  const { service, agenda, random } = world
  if (storage.isSignedOut || agenda.now() < storage.expiresAt) return
  const again = (seconds: number) => agenda.in(seconds, () => use(world, storage))

  const { pair, loss } = storage
  // Tabs share the key, for one may go on where another was cut off. Where nothing gets lost, even that is not needed.
  const ownKey = `${random()}`
  if (loss > 0) storage.key ??= ownKey
  const key = storage.key ?? ownKey
  // A tab may have read the storage, and be slow to send.
  if (random() < 0.2) return agenda.in((random() * PATIENCE) / 4, () => send(pair, key))
  return send(pair, key)

  async function send(pair: Pair, key: string) {
    if (random() < loss) return again(random() * PATIENCE)
    const { accessToken, refreshToken } = pair
    const answer = await service.call('POST', '/api/auth/refresh', {
      body: { accessToken, refreshToken },
      headers: { 'idempotency-key': key }
    })
    if (answer.status === 200) world.given += 1
    if (answer.body.action === 'use-latest') world.races += 1
    if (random() < loss) return again(random() * PATIENCE)
    if (answer.status === 200) {
      // Another tab may have stored a later pair meanwhile.
      if (storage.pair === pair) store(world, storage, answer.body)
      return
    }
    if (answer.body.action === 'retry-later') return again(Number(answer.headers['retry-after']))
    // Another tab has stored the latest pair, or is about to.
    if (answer.body.action === 'use-latest') return again(LEEWAY / 2)
    storage.isSignedOut = true
  }
}

async function clientsOf(world: World, count: number): Promise<Storage[]> {
  const { service, agenda, random } = world
  const { user } = await service.signUp()
  const device = { ip: '127.0.0.1', userAgent: null }
  const storages: Storage[] = []
  for (let client = 0; client < count; client++) {
    const storage = storageOf(
      world,
      await service.app.sessions.start({ ...user, passwordVersion: 0 }, device),
      client % 2 === 0 ? LOSS : 0
    )
    storages.push(storage)
    const tabs = 1 + Math.floor(random() * 3)
    for (let times = 0; times < USES; times++) {
      const at = random() * WEEK
      // All tabs wake up when the device does.
      for (let tab = 0; tab < tabs; tab++) agenda.in(at + random() * 2, () => use(world, storage))
    }
  }
  return storages
}

/** All clients are one user's, and none of their sessions ends for want of a place. */
const settings = { MAX_SESSIONS: '1000', LOG_LEVEL: 'error' }

const SEED = 20_261_123

t.test('[LOST] [RACE] in a week of lost answers and several tabs nobody is signed out', async t => {
  const service = await serve(t, settings)
  const world = worldOf(service, SEED)
  const storages = await clientsOf(world, CLIENTS)
  await world.agenda.run()

  const refreshes = storages.reduce((sum, storage) => sum + storage.refreshes, 0)
  t.ok(refreshes > CLIENTS * 5, `${refreshes} refreshes`)
  t.ok(world.given - refreshes > CLIENTS / 2, `${world.given - refreshes} pairs given once more`)
  t.ok(world.races > 10, `${world.races} races lost`)
  t.equal(storages.filter(({ isSignedOut }) => isSignedOut).length, 0, 'spurious sign-outs')
})

t.test('[R9700-4.14.2b] every theft whose pair both sides use ends the session', async t => {
  const service = await serve(t, settings)
  const world = worldOf(service, SEED + 1)
  const { agenda, random } = world
  const storages = await clientsOf(world, CLIENTS / 2)

  const thefts = storages.map(owner => {
    const theft = { owner, loot: undefined as Storage | undefined }
    agenda.in(random() * WEEK * 0.7, async () => {
      const stolen = owner.pair
      theft.loot = storageOf(world, stolen)
      const loot = theft.loot
      // The thief comes with the pair alone, soon or late, and then goes on as a client does.
      for (let times = 0; times < 3; times++)
        agenda.in(300 + random() ** 2 * WEEK * 0.2, () => use(world, loot))
    })
    // In the end everybody has used what they hold.
    for (const side of [0, 1, 2, 3])
      agenda.in(WEEK + side * 400, async () => {
        const holder = side % 2 === 0 ? owner : theft.loot
        if (holder) await use(world, holder)
      })
    return theft
  })
  await agenda.run()

  t.equal(thefts.filter(({ loot }) => loot !== undefined).length, CLIENTS / 2, 'thefts')
  for (const { owner, loot } of thefts) {
    t.ok(owner.isSignedOut && loot?.isSignedOut, 'both sides are signed out')
    for (const { pair } of [owner, loot as Storage]) {
      t.equal((await service.call('GET', '/api/auth/me', { token: pair.accessToken })).status, 401)
      t.equal((await service.refresh(pair)).status, 401)
    }
  }
})
