import { type Client, createClient, ProblemError } from '../../src/client/index.ts'
import type { Channel, Locks } from '../../src/client/platform.ts'
import { carry, type World } from './network.ts'
import { sharedStorage } from './shared-storage.ts'

/** A phone or laptop, with a browser of one or more tabs that share a storage. */
export interface Device {
  readonly world: World
  readonly storage: ReturnType<typeof sharedStorage>
  readonly hasLocks: boolean
  readonly hasChannel: boolean
  /** How fast its clock runs, where it started, and whether it stands still in sleep. */
  readonly clock: { rate: number; start: number; sleeps: boolean; slept: number }
  asleepUntil: number
  tabs: Tab[]
  locked: { tab: Tab; run: () => void }[]
  /** The pair that it has last tried to exchange. */
  presented: string
  /** The refresh tokens for which a new pair has come. */
  readonly exchanged: Set<string>
  signOuts: { tab: Tab; problem: ProblemError | undefined; isBeyondRepetition: boolean }[]
  /** Titles of the todos that it was told are there, and of all that it has asked for. */
  made: string[]
  asked: number
}

export interface Tab {
  readonly device: Device
  readonly client: Client
  channel: Channel | undefined
  /** A tab that is closed or has crashed never goes on. */
  isAlive: boolean
  /** Until when nothing happens in it, as at an open `alert()`. */
  stillUntil: number
  /** Makes of what is to be done what it does when it can. */
  own(what: () => void): () => void
}

export function deviceOf(world: World): Device {
  const { random } = world
  const clock = {
    rate: 0.99 + random() * 0.02,
    start: (random() - 0.5) * 1e9,
    sleeps: random() < 0.5,
    slept: 0
  }
  return {
    world,
    storage: sharedStorage(),
    hasLocks: random() < 0.5,
    hasChannel: random() < 0.7,
    clock,
    asleepUntil: 0,
    tabs: [],
    locked: [],
    presented: '',
    exchanged: new Set(),
    signOuts: [],
    made: [],
    asked: 0
  }
}

/** Does something when the device is awake, after some seconds. */
export function later(device: Device, seconds: number, what: () => void) {
  const { agenda, random } = device.world
  agenda.after(seconds, function awake() {
    const left = device.asleepUntil - agenda.now()
    if (left > 0) agenda.after(left + random(), awake)
    else what()
  })
}

export function sleep(device: Device, seconds: number) {
  const { agenda } = device.world
  if (device.asleepUntil > agenda.now()) return
  device.asleepUntil = agenda.now() + seconds
  if (device.clock.sleeps) device.clock.slept += seconds
}

/** Seconds after which the service refuses to repeat an answer that got lost: REFRESH_RETRY_WINDOW. */
const WINDOW = 600

/** Whether its pair was exchanged, nothing came of that, and the time in which the answer is repeated has gone by. */
function isBeyondRepetition({ world, presented, exchanged }: Device): boolean {
  const at = world.exchanged.get(presented)
  return at !== undefined && !exchanged.has(presented) && world.agenda.now() - at > WINDOW
}

/** Opens a tab. */
export function openTab(device: Device): Tab {
  const { world, clock, hasLocks, hasChannel } = device
  const { agenda, random } = world
  /** What has come in while it stood still comes all at once, in whatever order. */
  const own = (what: () => void) =>
    function act() {
      const left = tab.stillUntil - agenda.now()
      if (left > 0) agenda.after(left + random() * 0.05, act)
      else if (tab.isAlive) what()
    }

  const fetch = (url: string, init: RequestInit) =>
    new Promise<Response>((resolve, reject) => {
      const sentToken = url.endsWith('/refresh') ? JSON.parse(`${init.body}`).refreshToken : ''
      if (sentToken) device.presented = sentToken
      const sentAt = agenda.now()
      init.signal?.addEventListener(
        'abort',
        own(() => reject(new Error('it takes too long')))
      )
      carry(world, url, init, response => {
        // Connections do not live through a sleep.
        const isCut = device.asleepUntil > sentAt
        const settle = () => {
          if (!response || isCut) return reject(new TypeError('no answer'))
          if (response.ok && url.endsWith('/refresh')) device.exchanged.add(sentToken)
          resolve(response)
        }
        later(device, 0, own(settle))
      })
    })

  const locks: Locks = {
    request: (_name, { signal }, work) =>
      new Promise((resolve, reject) => {
        const run = own(
          () =>
            void work()
              .then(resolve, reject)
              .finally(() => unlock(device, entry))
        )
        const entry = { tab, run }
        device.locked.push(entry)
        if (device.locked[0] === entry) run()
        else
          signal.addEventListener('abort', () => {
            if (device.locked[0] !== entry) unlock(device, entry)
            reject(signal.reason)
          })
      })
  }

  function channel(): Channel {
    const ours: Channel = {
      onmessage: null,
      close: () => {},
      postMessage: data => {
        for (const other of device.tabs)
          if (other !== tab)
            later(
              device,
              random() * 0.1,
              other.own(() => other.channel?.onmessage?.({ data }))
            )
      }
    }
    tab.channel = ours
    return ours
  }

  const { storage, onStored } = device.storage.open(update => later(device, random() * 0.1, own(update)))
  const parts = { device, own, channel: undefined, isAlive: true, stillUntil: 0 }
  const tab = parts as unknown as Tab & { client: Client }
  tab.client = createClient({
    baseUrl: '',
    storage,
    storageName: 'device',
    onSignedOut: problem =>
      device.signOuts.push({ tab, problem, isBeyondRepetition: isBeyondRepetition(device) }),
    platform: {
      fetch,
      random,
      now: () => clock.start + (agenda.now() - clock.slept) * clock.rate * 1000,
      newKey: () => `${random()}${random()}`,
      sleep: duration => new Promise(resolve => later(device, duration / 1000, own(resolve))),
      timer(duration, ring) {
        let isStopped = false
        later(
          device,
          duration / 1000,
          own(() => isStopped || ring())
        )
        return () => {
          isStopped = true
        }
      },
      locks: hasLocks ? locks : undefined,
      channel: hasChannel ? channel : undefined,
      onStored
    }
  })
  device.tabs.push(tab)
  return tab
}

function unlock(device: Device, entry: Device['locked'][number]) {
  const wasFirst = device.locked[0] === entry
  device.locked = device.locked.filter(other => other !== entry)
  if (wasFirst) device.locked[0]?.run()
}

/** Ends a tab wherever it is, and opens it anew. */
export function reload(tab: Tab) {
  const { device } = tab
  tab.isAlive = false
  device.tabs = device.tabs.filter(other => other !== tab)
  openTab(device)
  for (const entry of device.locked.filter(entry => entry.tab === tab)) unlock(device, entry)
}

/** Seconds after which somebody tries again, at most. */
const PATIENCE = 20

/** Does something with a tab until it has worked; gives up when a refusal says so. */
export async function insist(tab: Tab, what: (client: Client) => Promise<unknown>): Promise<void> {
  const { device, client } = tab
  try {
    await what(client)
  } catch (error) {
    if (error instanceof ProblemError && error.status < 500) return
    later(device, device.world.random() * PATIENCE, () => void (tab.isAlive && insist(tab, what)))
  }
}
