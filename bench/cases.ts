import { fire, type Sample, type Shot, tick } from './load.ts'
import { type Api, type Pair, type Person, pairOf } from './people.ts'
import { peakMemory, type Running } from './process.ts'

/** A subject that runs, with its people. */
export interface Service extends Running {
  readonly api: Api | undefined
  readonly people: readonly Person[]
  /** Pairs of tokens to refresh, the one that has waited for longest first. */
  readonly pairs: Pair[]
}

export interface Case {
  readonly name: string
  readonly title: string
  /** The name of the subject that the others are parts of. */
  readonly base: 'fastify' | 'hashing'
  /** Whether `--quick` has it. */
  readonly isQuick?: true
  /** Settings of Latchkey, for this case. */
  readonly settings?: NodeJS.ProcessEnv
  /** How many todos each of the people has. */
  readonly todos: number
  /** Sessions that Latchkey has when it starts. */
  readonly sessions?: number
  /** Milliseconds that the disk's fsync takes more. */
  readonly delay?: number
  /** How many times as long as others its rounds are: what is rare needs time to be counted. */
  readonly length?: number
  readonly run: (service: Service, seconds: number) => Promise<Measured>
}

export interface Measured extends Sample {
  /** Milliseconds within which 99 of 100 reads were answered, with the load and, before, without it. */
  readonly reads?: { readonly idle: number; readonly busy: number }
  /** The most MiB of memory that it has held by then. */
  readonly memory?: number
}

/** More than the page of 20. */
export const TODOS = 25
const CONNECTIONS = 64
/** Hashes are made one after the other; more connections would only wait. */
const SIGN_INS = 16
const STORM = 32
/** The part of a round of a storm that goes before it. */
const CALM = 0.4

const PLAIN: Shot[] = [{ method: 'GET', path: '/' }]
const PLAIN_SIGN_IN: Shot[] = [{ method: 'POST', path: '/' }]
const TITLE = JSON.stringify({ title: 'Buy oat milk on the way' })

const read = ({ headers }: Person, id: string): Shot => ({ method: 'GET', path: `/api/todos/${id}`, headers })
const readAll = (person: Person) => person.todos.map(id => read(person, id))
const list = ({ headers }: Person): Shot => ({ method: 'GET', path: '/api/todos?limit=20', headers })
const create = ({ headers }: Person): Shot => ({ method: 'POST', path: '/api/todos', headers, body: TITLE })
const mixed = (person: Person): Shot[] => [
  ...person.todos.slice(0, 3).map(id => read(person, id)),
  list(person),
  create(person)
]

/** Each connection is one of the people; the requests of a subject without any are always the same. */
const shotsOf =
  (service: Service, shots: (person: Person) => Shot[], plain = PLAIN) =>
  (connection: number) => {
    const person = service.people[connection % service.people.length]
    return person ? shots(person) : plain
  }

const by = (connections: number, shots: (person: Person) => Shot[]): Case['run'] =>
  function run(service, seconds) {
    return fire(service, connections, seconds, shotsOf(service, shots))
  }

/** Every answer's pair is refreshed when its turn comes again; those whose answer is lost at the end stay away. */
const refreshed = ({ pairs }: Service): Shot[] => [
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

async function refresh(service: Service, seconds: number): Promise<Sample> {
  const { url, api, people, pairs } = service
  if (!api) return fire(service, CONNECTIONS, seconds, () => PLAIN)
  for (let index = 0; pairs.length < CONNECTIONS; index += 1)
    pairs.push(await pairOf(url, api, people[index % people.length] as Person))
  return fire(service, CONNECTIONS, seconds, () => refreshed(service))
}

const signIn = ({ api }: Service, { credentials }: Person): Shot => ({
  method: 'POST',
  path: api?.signIn ?? '/',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(credentials)
})

const signInsOf = (service: Service) => shotsOf(service, person => [signIn(service, person)], PLAIN_SIGN_IN)

async function signIns(service: Service, seconds: number): Promise<Sample> {
  return fire(service, SIGN_INS, seconds, signInsOf(service))
}

/** Half of the people read, the others sign in: too many sign-ins of one person end the session that reads. */
async function storm(service: Service, seconds: number): Promise<Measured> {
  const { people } = service
  const half = people.length / 2
  const reads = half === 0 ? PLAIN : people.slice(0, half).flatMap(readAll)
  const signIns = signInsOf({ ...service, people: people.slice(half) })
  const [calm, stormy] = [seconds * CALM, seconds * (1 - CALM)]

  const idle = await tick(service, calm, reads)
  const [sample, busy] = await Promise.all([
    fire(service, STORM, stormy, signIns),
    tick(service, stormy, reads)
  ])
  return { ...sample, reads: { idle, busy }, memory: peakMemory(service) }
}

export const cases: readonly Case[] = [
  {
    name: 'read',
    title: 'one todo',
    todos: TODOS,
    base: 'fastify',
    isQuick: true,
    run: by(CONNECTIONS, readAll)
  },
  {
    name: 'list',
    title: 'list of 20',
    todos: TODOS,
    base: 'fastify',
    isQuick: true,
    run: by(CONNECTIONS, person => [list(person)])
  },
  {
    name: 'create',
    title: 'create',
    todos: TODOS,
    base: 'fastify',
    isQuick: true,
    run: by(CONNECTIONS, person => [create(person)])
  },
  {
    name: 'refresh',
    title: 'refresh',
    todos: 0,
    base: 'fastify',
    isQuick: true,
    settings: { ACCESS_TOKEN_TTL: '1' },
    sessions: 16_000,
    run: refresh
  },
  { name: 'mixed', title: 'mixed, 80 % reads', todos: TODOS, base: 'fastify', run: by(CONNECTIONS, mixed) },
  {
    name: 'slow-disk',
    title: 'create, fsync 1 ms slower',
    todos: TODOS,
    base: 'fastify',
    delay: 1,
    run: by(CONNECTIONS, person => [create(person)])
  },
  { name: 'sign-in', title: 'sign-in', todos: 0, base: 'hashing', isQuick: true, length: 1.5, run: signIns },
  { name: 'storm', title: 'sign-in storm', todos: TODOS, base: 'hashing', length: 2.5, run: storm }
]
