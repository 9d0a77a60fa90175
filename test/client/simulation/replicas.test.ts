import t from 'tap'
import type { Todo } from '../../../src/client/index.ts'
import {
  createReplica,
  memoryStorage,
  type Replica,
  type ReplicaStorage
} from '../../../src/client/replica/index.ts'
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

const DEVICES = Number(process.env.REPLICA_DEVICES ?? 8)
const SEED = Number(process.env.CLIENT_SEED ?? 20_261_127)
const PER_USER = 2
/** Seconds: how long people edit, how long the network stays bad afterwards, and how long all is well in the end. */
const DURATION = 1200
const SETTLING = 300
const QUIET = 450
/** How often each device is used, without a network, asleep and reloaded meanwhile. */
const EDITS = 30
const OFFLINE_SPELLS = 4
const SLEEPS = 2
const RELOADS = 3

/** A device with a replica in each of its tabs. */
interface ReplicaDevice {
  readonly device: Device
  readonly number: number
  readonly storage: ReplicaStorage
  readonly replicas: Map<Tab, Replica>
  readonly opening: Set<Tab>
  /** The title that the user has given last, by todo, and the tab. */
  readonly titles: Map<string, { title: string; tab: Tab }>
}

/** What has happened, over all devices. */
interface Events {
  /** The markers of todos whose creation was stored on the device. */
  readonly created: Set<string>
  /** The markers of todos, and the titles, that were refused. */
  readonly refused: Set<string>
  readonly purged: Set<string>
  /** The titles that were not shown, though they were not confirmed yet. */
  readonly flickers: string[]
  edits: number
}

/** Signs in, if need be, and opens a replica in each tab that has none. */
async function enter(own: ReplicaDevice, events: Events) {
  const { device, number, opening } = own
  const [first] = device.tabs as [Tab]
  const password = `${Math.floor(number / PER_USER)}`
  if (!first.client.auth.user())
    await retryUntilDone(first, client => client.auth.login({ email: 'e', password }))
  for (const tab of device.tabs)
    if (!opening.has(tab) && tab.client.auth.user()) {
      opening.add(tab)
      await openReplicaIn(own, tab, events)
    }
}

async function openReplicaIn(
  { storage, replicas, titles, device, number }: ReplicaDevice,
  tab: Tab,
  events: Events
) {
  const { random, service } = device.simulation
  let ids = 0
  const replica = await createReplica({
    client: tab.client,
    storage,
    mode: 'poll',
    onRefused(operation) {
      if (operation.op === 'create') events.refused.add(`${operation.todo.description}`)
      if (operation.op === 'patch') events.refused.add(`${operation.changes.title}`)
    },
    platform: {
      ...tab.platform,
      date: service.clock.now,
      newId: () => {
        ids += 1
        const digits = `${Math.floor(random() * 2 ** 48).toString(16)}${ids.toString(16)}`
          .padStart(24, '0')
          .slice(-24)
        return `01a00000-${digits.slice(0, 4)}-7${digits.slice(4, 7)}-8${digits.slice(7, 10)}-${digits.slice(10, 22)}`
      }
    }
  })
  replicas.set(tab, replica)
  replica.subscribe(() => {
    if (!tab.isAlive) return
    for (const [id, given] of titles) {
      const shown = replica.todos.get(id)
      // Of two edits in two tabs at the same moment either may be the later one.
      const isOwnTitle = device.tabs.length > 1 && shown?.title.startsWith(`${number}-`)
      const isPending = given.tab === tab && replica.todos.isPending(id)
      if (isPending && shown && shown.title !== given.title && !isOwnTitle) events.flickers.push(given.title)
    }
  })
}

/** An edit of any kind in one of the tabs. */
async function edit({ device, number, replicas, titles }: ReplicaDevice, events: Events) {
  const { random } = device.simulation
  const alive = [...replicas].filter(([tab]) => tab.isAlive)
  const [tab, replica] = alive[Math.floor(random() * alive.length)] ?? []
  if (!tab || !replica) return
  events.edits += 1
  const marker = `${number}-${events.edits}`
  const choose = (todos: Todo[]) => todos[Math.floor(random() * todos.length)]
  const listed = choose(replica.todos.list())
  const deleted = choose(replica.todos.list({ deleted: true }))
  const kind = random()
  // What is pending of a todo may be a later edit than that of its title.
  for (const todo of [listed, deleted]) if (todo) titles.delete(todo.id)
  try {
    if (!listed || kind < 0.3) {
      await replica.todos.create({ title: marker, description: marker })
      events.created.add(marker)
    } else if (kind < 0.6) {
      const editing = { title: marker, tab }
      titles.set(listed.id, editing)
      await replica.todos.patch(listed.id, { title: marker })
    } else if (kind < 0.75) await replica.todos.patch(listed.id, { done: !listed.done })
    else if (kind < 0.85)
      await replica.todos.move(listed.id, { after: `${choose(replica.todos.list())?.id}` })
    else if (kind < 0.93) await replica.todos.delete(listed.id)
    else if (kind < 0.96 && deleted) await replica.todos.restore(deleted.id)
    else {
      const { id, description } = deleted ?? listed
      events.purged.add(`${description}`)
      await replica.todos.delete(id, { permanent: true })
    }
  } catch (error) {
    if ((error as Error).message !== 'The replica is closed.') throw error
  }
}

function live(world: Simulation, number: number, events: Events): ReplicaDevice {
  const { random, scheduler } = world
  const device: Device = { ...createDevice(world), hasLocks: true, hasChannel: true }
  const own: ReplicaDevice = {
    device,
    number,
    storage: { ...memoryStorage(), sharedName: 'todos' },
    replicas: new Map(),
    opening: new Set(),
    titles: new Map()
  }
  for (let tabs = random() < 0.4 ? 2 : 1; tabs > 0; tabs--) openTab(device)
  // Who has crashed while signing in signs in again.
  for (let at = 0; at < DURATION; at += 120) runWhenAwake(device, at, () => void enter(own, events))
  const anyTime = () => 60 + random() * DURATION
  for (let count = EDITS; count > 0; count--) runWhenAwake(device, anyTime(), () => void edit(own, events))
  for (let count = OFFLINE_SPELLS; count > 0; count--)
    scheduler.schedule(anyTime(), () => {
      device.offlineUntil = scheduler.now() + random() * 300
    })
  for (let count = SLEEPS; count > 0; count--)
    scheduler.schedule(anyTime(), () => putToSleep(device, random() * 300))
  for (let count = RELOADS; count > 0; count--)
    runWhenAwake(device, anyTime(), () => {
      const tab = device.tabs[Math.floor(random() * device.tabs.length)] as Tab
      own.replicas.delete(tab)
      reload(tab)
      void enter(own, events)
    })
  return own
}

t.test(
  '[NOMISS] [WHOLE] devices with offline spells converge; nothing is lost, nothing doubled, nothing flickers',
  { timeout: 20_000 + DEVICES * 3000 },
  async t => {
    const service = await serve(t, { MAX_SESSIONS: '1000', LOG_LEVEL: 'error' })
    const scheduler = createScheduler(service.clock)
    const world = await createSimulation(
      service,
      scheduler,
      createRandom(SEED),
      Math.ceil(DEVICES / PER_USER)
    )
    const events: Events = {
      created: new Set(),
      refused: new Set(),
      purged: new Set(),
      flickers: [],
      edits: 0
    }
    const devices = Array.from({ length: DEVICES }, (_, number) => live(world, number, events))
    scheduler.schedule(DURATION + SETTLING, () => {
      world.faultRates = NO_FAULTS
      for (const { device } of devices) device.offlineUntil = 0
    })
    scheduler.schedule(DURATION + SETTLING + QUIET, () => {
      for (const { replicas } of devices) for (const replica of replicas.values()) void replica.close()
    })
    await scheduler.run()

    const flickers = events.flickers.filter(title => !events.refused.has(title))
    t.strictSame(flickers, [])
    let total = 0
    for (let number = 0; number < DEVICES; number += PER_USER) {
      const ofUser = devices.slice(number, number + PER_USER)
      const client = ofUser[0]?.device.tabs[0]?.client
      const reading = Promise.all([
        Array.fromAsync(client?.todos.all({ limit: 200 }) ?? []),
        Array.fromAsync(client?.todos.all({ limit: 200, deleted: true }) ?? [])
      ])
      await scheduler.run()
      const [listed, deleted] = await reading
      const byId = (a: Todo, b: Todo) => (a.id < b.id ? -1 : 1)
      for (const { device, replicas, number } of ofUser) {
        t.equal(replicas.size, device.tabs.length)
        for (const [tab, replica] of replicas) {
          t.equal(tab.isAlive, true)
          t.equal(replica.status().pendingEdits, 0, `device ${number}: all is sent`)
          t.strictSame(replica.todos.list(), listed, `device ${number}: the list`)
          t.strictSame(replica.todos.list({ deleted: true }).sort(byId), deleted.sort(byId), 'the trash')
        }
      }
      const markers = [...listed, ...deleted].map(({ description }) => `${description}`)
      t.equal(new Set(markers).size, markers.length, 'nothing is doubled')
      const own = [...events.created].filter(marker =>
        ofUser.some(({ number }) => marker.startsWith(`${number}-`))
      )
      const missing = own.filter(
        marker => !markers.includes(marker) && !events.purged.has(marker) && !events.refused.has(marker)
      )
      t.strictSame(missing, [], 'nothing is lost')
      total += markers.length
    }
    t.comment(`${events.edits} edits, ${total} todos, ${JSON.stringify(world.counts)}`)
    t.ok(total > DEVICES)
  }
)
