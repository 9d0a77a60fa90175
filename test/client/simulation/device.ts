import { type Client, createClient, ProblemError } from '../../../src/client/index.ts'
import type { Channel, Locks, Platform } from '../../../src/client/platform.ts'
import { createSharedStorage } from './shared-storage.ts'
import { type Simulation, transmit } from './simulation.ts'

/** A phone or laptop, with a browser of one or more tabs that share a storage. */
export interface Device {
  readonly simulation: Simulation
  readonly storage: ReturnType<typeof createSharedStorage>
  readonly hasLocks: boolean
  readonly hasChannel: boolean
  /** The rate of its clock, the clock's start, and whether the clock stops in sleep. */
  readonly clock: { rate: number; start: number; sleeps: boolean; slept: number }
  asleepUntil: number
  offlineUntil: number
  tabs: Tab[]
  lockQueue: { tab: Tab; name: string; run: () => void }[]
  /** The refresh token of the last attempt to refresh. */
  lastPresentedToken: string
  /** The refresh tokens for which a new pair has arrived. */
  readonly exchanged: Set<string>
  signOuts: { tab: Tab; problem: ProblemError | undefined; isPastRetryWindow: boolean }[]
  /** Titles of the todos whose creation was confirmed, and the number of todos requested. */
  createdTitles: string[]
  requestedCount: number
}

export interface Tab {
  readonly device: Device
  readonly client: Client
  readonly platform: Partial<Platform>
  readonly channels: Map<string, Channel>
  /** False for a closed or crashed tab, which never runs again. */
  isAlive: boolean
  /** The tab is frozen until then, as by an open `alert()`. */
  frozenUntil: number
  /** Wraps an action, so that it runs once the tab is not frozen. */
  whenRunnable(action: () => void): () => void
}

export function createDevice(simulation: Simulation): Device {
  const { random } = simulation
  const clock = {
    rate: 0.99 + random() * 0.02,
    start: (random() - 0.5) * 1e9,
    sleeps: random() < 0.5,
    slept: 0
  }
  return {
    simulation,
    storage: createSharedStorage(),
    hasLocks: random() < 0.5,
    hasChannel: random() < 0.7,
    clock,
    asleepUntil: 0,
    offlineUntil: 0,
    tabs: [],
    lockQueue: [],
    lastPresentedToken: '',
    exchanged: new Set(),
    signOuts: [],
    createdTitles: [],
    requestedCount: 0
  }
}

/** Runs an action after some seconds, once the device is awake. */
export function runWhenAwake(device: Device, seconds: number, action: () => void) {
  const { scheduler, random } = device.simulation
  scheduler.schedule(seconds, function awake() {
    const left = device.asleepUntil - scheduler.now()
    if (left > 0) scheduler.schedule(left + random(), awake)
    else action()
  })
}

export function putToSleep(device: Device, seconds: number) {
  const { scheduler } = device.simulation
  if (device.asleepUntil > scheduler.now()) return
  device.asleepUntil = scheduler.now() + seconds
  if (device.clock.sleeps) device.clock.slept += seconds
}

/** Seconds in which the service repeats a lost answer: REFRESH_RETRY_WINDOW. */
const RETRY_WINDOW = 600

/** Whether the service exchanged the last token, no answer arrived, and the retry window has passed. */
function isPastRetryWindow({ simulation, lastPresentedToken, exchanged }: Device): boolean {
  const at = simulation.exchanged.get(lastPresentedToken)
  return (
    at !== undefined && !exchanged.has(lastPresentedToken) && simulation.scheduler.now() - at > RETRY_WINDOW
  )
}

/** Opens a tab. */
export function openTab(device: Device): Tab {
  const { simulation, clock, hasLocks, hasChannel } = device
  const { scheduler, random } = simulation
  /** Actions of a frozen tab run together afterwards, in random order. */
  const whenRunnable = (action: () => void) =>
    function act() {
      const left = tab.frozenUntil - scheduler.now()
      if (left > 0) scheduler.schedule(left + random() * 0.05, act)
      else if (tab.isAlive) action()
    }

  const fetch = (url: string, init: RequestInit) =>
    new Promise<Response>((resolve, reject) => {
      const sentToken = url.endsWith('/refresh') ? JSON.parse(`${init.body}`).refreshToken : ''
      if (sentToken) device.lastPresentedToken = sentToken
      const sentAt = scheduler.now()
      if (init.signal?.aborted) return reject(init.signal.reason)
      init.signal?.addEventListener(
        'abort',
        whenRunnable(() => reject(new Error('it takes too long')))
      )
      if (device.offlineUntil > sentAt)
        return scheduler.schedule(0.1, () =>
          runWhenAwake(
            device,
            0,
            whenRunnable(() => reject(new TypeError('offline')))
          )
        )
      transmit(simulation, url, init, response => {
        // Connections do not survive a sleep.
        const isCut = device.asleepUntil > sentAt || device.offlineUntil > sentAt
        const finish = () => {
          if (!response || isCut) return reject(new TypeError('no answer'))
          if (response.ok && url.endsWith('/refresh')) device.exchanged.add(sentToken)
          resolve(response)
        }
        runWhenAwake(device, 0, whenRunnable(finish))
      })
    })

  const locks: Locks = {
    request: (name, { signal }, work) =>
      new Promise((resolve, reject) => {
        const run = whenRunnable(
          () =>
            void work()
              .then(resolve, reject)
              .finally(() => unlock(device, entry))
        )
        const entry = { tab, name, run }
        device.lockQueue.push(entry)
        if (findHolder(device, name) === entry) run()
        else
          signal.addEventListener('abort', () => {
            if (findHolder(device, name) !== entry) unlock(device, entry)
            reject(signal.reason)
          })
      })
  }

  function channel(name: string): Channel {
    const tabChannel: Channel = {
      onmessage: null,
      close: () => {},
      postMessage: data => {
        for (const other of device.tabs)
          if (other !== tab)
            runWhenAwake(
              device,
              random() * 0.1,
              other.whenRunnable(() => other.channels.get(name)?.onmessage?.({ data }))
            )
      }
    }
    tab.channels.set(name, tabChannel)
    return tabChannel
  }

  const { storage, onStored } = device.storage.open(update =>
    runWhenAwake(device, random() * 0.1, whenRunnable(update))
  )
  const platform: Partial<Platform> = {
    fetch,
    random,
    now: () => clock.start + (scheduler.now() - clock.slept) * clock.rate * 1000,
    newKey: () => `${random()}${random()}`,
    sleep: duration => new Promise(resolve => runWhenAwake(device, duration / 1000, whenRunnable(resolve))),
    timer(duration, ring) {
      let isStopped = false
      runWhenAwake(
        device,
        duration / 1000,
        whenRunnable(() => isStopped || ring())
      )
      return () => {
        isStopped = true
      }
    },
    locks: hasLocks ? locks : undefined,
    channel: hasChannel ? channel : undefined,
    onStored
  }
  const tabFields = { device, platform, whenRunnable, channels: new Map(), isAlive: true, frozenUntil: 0 }
  const tab = tabFields as unknown as Tab & { client: Client }
  tab.client = createClient({
    baseUrl: '',
    storage,
    storageName: 'device',
    onSignedOut: problem =>
      device.signOuts.push({ tab, problem, isPastRetryWindow: isPastRetryWindow(device) }),
    platform
  })
  device.tabs.push(tab)
  return tab
}

const findHolder = (device: Device, name: string) => device.lockQueue.find(entry => entry.name === name)

function unlock(device: Device, entry: Device['lockQueue'][number]) {
  const wasHolder = findHolder(device, entry.name) === entry
  device.lockQueue = device.lockQueue.filter(other => other !== entry)
  if (wasHolder) findHolder(device, entry.name)?.run()
}

/** Ends a tab at any point, and opens a new one. */
export function reload(tab: Tab) {
  const { device } = tab
  tab.isAlive = false
  device.tabs = device.tabs.filter(other => other !== tab)
  openTab(device)
  for (const entry of device.lockQueue.filter(entry => entry.tab === tab)) unlock(device, entry)
}

/** The longest delay before a retry, in seconds. */
const MAX_RETRY_DELAY = 20

/** Repeats an action of a tab until it succeeds. A refusal below 500 ends the retries. */
export async function retryUntilDone(tab: Tab, action: (client: Client) => Promise<unknown>): Promise<void> {
  const { device, client } = tab
  try {
    await action(client)
  } catch (error) {
    if (error instanceof ProblemError && error.status < 500) return
    runWhenAwake(
      device,
      device.simulation.random() * MAX_RETRY_DELAY,
      () => void (tab.isAlive && retryUntilDone(tab, action))
    )
  }
}
