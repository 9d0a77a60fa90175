import { type LoadRequest, type LoadSample, runLoad, sendSteadily } from '../harness/load.ts'
import { type Api, fetchTokenPair, type Person, type TokenPair } from '../harness/people.ts'
import { peakMemory, type Running } from '../harness/process.ts'

/** A running subject, with its users. */
export interface Service extends Running {
  readonly api: Api | undefined
  readonly people: readonly Person[]
  /** Token pairs to refresh, oldest first. */
  readonly pairs: TokenPair[]
}

export interface Case {
  readonly name: string
  readonly title: string
  /** The name of the base: the other subjects' rates are shown as parts of its rate. */
  readonly baseline: 'fastify' | 'hashing'
  /** Whether `--quick` includes the case. */
  readonly isQuick?: true
  /** Settings of Latchkey, for this case. */
  readonly settings?: NodeJS.ProcessEnv
  /** Todos of each user. */
  readonly todos: number
  /** Sessions that Latchkey has when it starts. */
  readonly sessions?: number
  /** Milliseconds added to each fsync. */
  readonly delay?: number
  /** The factor of the length of a round. Rare requests need longer rounds. */
  readonly length?: number
  readonly run: (service: Service, seconds: number) => Promise<Measurement>
}

export interface Measurement extends LoadSample {
  /** The 99th percentile of reads in milliseconds, under the load and before it. */
  readonly reads?: { readonly idle: number; readonly busy: number }
  /** The peak memory of the process, in MiB. */
  readonly memory?: number
}

/** More than the page of 20. */
export const TODOS = 25
const CONNECTIONS = 64
/** Hashes are computed one after another; more connections would only wait. */
const SIGN_IN_CONNECTIONS = 16
const STORM_CONNECTIONS = 32
/** The part of a round of a storm that goes before it. */
const CALM_SHARE = 0.4

const PLAIN_REQUESTS: LoadRequest[] = [{ method: 'GET', path: '/' }]
const PLAIN_SIGN_IN_REQUESTS: LoadRequest[] = [{ method: 'POST', path: '/' }]
const NEW_TODO_BODY = JSON.stringify({ title: 'Buy oat milk on the way' })

const read = ({ headers }: Person, id: string): LoadRequest => ({
  method: 'GET',
  path: `/api/todos/${id}`,
  headers
})
const readAll = (person: Person) => person.todos.map(id => read(person, id))
const list = ({ headers }: Person): LoadRequest => ({ method: 'GET', path: '/api/todos?limit=20', headers })
const create = ({ headers }: Person): LoadRequest => ({
  method: 'POST',
  path: '/api/todos',
  headers,
  body: NEW_TODO_BODY
})
const mixed = (person: Person): LoadRequest[] => [
  ...person.todos.slice(0, 3).map(id => read(person, id)),
  list(person),
  create(person)
]

/** Each connection is one user. A subject without users always gets the same request. */
const createRequestPicker =
  (service: Service, createRequests: (person: Person) => LoadRequest[], plainRequests = PLAIN_REQUESTS) =>
  (connection: number) => {
    const person = service.people[connection % service.people.length]
    return person ? createRequests(person) : plainRequests
  }

const createRun = (connections: number, createRequests: (person: Person) => LoadRequest[]): Case['run'] =>
  function run(service, seconds) {
    return runLoad(service, connections, seconds, createRequestPicker(service, createRequests))
  }

/** Every answer's pair is refreshed when its turn comes again; those whose answer is lost at the end stay away. */
const createRefreshRequests = ({ pairs }: Service): LoadRequest[] => [
  {
    method: 'POST',
    path: '/api/auth/refresh',
    headers: { 'content-type': 'application/json' },
    setupRequest: request => ({ ...request, body: JSON.stringify(pairs.shift()) }),
    onResponse(status, body) {
      if (status !== 200) return
      const { accessToken, refreshToken } = JSON.parse(body)
      pairs.push({ accessToken, refreshToken })
    }
  }
]

async function runRefreshes(service: Service, seconds: number): Promise<LoadSample> {
  const { url, api, people, pairs } = service
  if (!api) return runLoad(service, CONNECTIONS, seconds, () => PLAIN_REQUESTS)
  for (let index = 0; pairs.length < CONNECTIONS; index += 1)
    pairs.push(await fetchTokenPair(url, api, people[index % people.length] as Person))
  return runLoad(service, CONNECTIONS, seconds, () => createRefreshRequests(service))
}

const createSignInRequest = ({ api }: Service, { credentials }: Person): LoadRequest => ({
  method: 'POST',
  path: api?.signIn ?? '/',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(credentials)
})

const createSignInRequests = (service: Service) =>
  createRequestPicker(service, person => [createSignInRequest(service, person)], PLAIN_SIGN_IN_REQUESTS)

async function signIns(service: Service, seconds: number): Promise<LoadSample> {
  return runLoad(service, SIGN_IN_CONNECTIONS, seconds, createSignInRequests(service))
}

/** Half of the users read, the others sign in: too many sign-ins of one user would end the reading session. */
async function storm(service: Service, seconds: number): Promise<Measurement> {
  const { people } = service
  const half = people.length / 2
  const reads = half === 0 ? PLAIN_REQUESTS : people.slice(0, half).flatMap(readAll)
  const signIns = createSignInRequests({ ...service, people: people.slice(half) })
  const [calm, stormy] = [seconds * CALM_SHARE, seconds * (1 - CALM_SHARE)]

  const idle = await sendSteadily(service, calm, reads)
  const [sample, busy] = await Promise.all([
    runLoad(service, STORM_CONNECTIONS, stormy, signIns),
    sendSteadily(service, stormy, reads)
  ])
  return { ...sample, reads: { idle, busy }, memory: peakMemory(service) }
}

export const cases: readonly Case[] = [
  {
    name: 'read',
    title: 'one todo',
    todos: TODOS,
    baseline: 'fastify',
    isQuick: true,
    run: createRun(CONNECTIONS, readAll)
  },
  {
    name: 'list',
    title: 'list of 20',
    todos: TODOS,
    baseline: 'fastify',
    isQuick: true,
    run: createRun(CONNECTIONS, person => [list(person)])
  },
  {
    name: 'create',
    title: 'create',
    todos: TODOS,
    baseline: 'fastify',
    isQuick: true,
    run: createRun(CONNECTIONS, person => [create(person)])
  },
  {
    name: 'refresh',
    title: 'refresh',
    todos: 0,
    baseline: 'fastify',
    isQuick: true,
    settings: { ACCESS_TOKEN_TTL: '1' },
    sessions: 16_000,
    run: runRefreshes
  },
  {
    name: 'mixed',
    title: 'mixed, 80 % reads',
    todos: TODOS,
    baseline: 'fastify',
    run: createRun(CONNECTIONS, mixed)
  },
  {
    name: 'slow-disk',
    title: 'create, fsync 1 ms slower',
    todos: TODOS,
    baseline: 'fastify',
    delay: 1,
    run: createRun(CONNECTIONS, person => [create(person)])
  },
  {
    name: 'sign-in',
    title: 'sign-in',
    todos: 0,
    baseline: 'hashing',
    isQuick: true,
    length: 1.5,
    run: signIns
  },
  { name: 'storm', title: 'sign-in storm', todos: TODOS, baseline: 'hashing', length: 2.5, run: storm }
]
