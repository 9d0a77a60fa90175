import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { sessionStatements } from '../../src/auth/sessions/statements.ts'
import { Problem } from '../../src/problems/problem.ts'
import { type Answer, type Pair, type Service, serve } from '../support/service.ts'
import { sessionOf, setSecondFactor } from './levels.ts'
import {
  type Exchange,
  findReachableWorlds,
  isLive,
  type Outcome,
  type PairName,
  type Request,
  SETTINGS,
  type World
} from './model.ts'

/** More of them for who has the time; a failure prints the seed and the shortest way to it. */
const RUNS = Number(process.env.MODEL_RUNS ?? 3)
/** The most sessions, of those that live, that something is done with. */
const IN_USE = 5

/** Two people, by the names that their accounts have in a run. */
const PEOPLE = ['ada', 'bob']

/** A request as it is generated: by numbers, for what there will be to choose from is not known yet. */
interface Plan {
  kind: Request['kind']
  /** Which person, or which session to end; which session besides that of the step; how many pairs ago. */
  person: number
  aside: number
  back: number
  key: string | null
  scope: 'local' | 'others' | 'all'
  /** Whether the others end, and whether the password is right. */
  endOthers: boolean
  isRight: boolean
  /** Turns of the event loop to wait for, and whether to go past HTTP: so that parallel requests meet everywhere. */
  lag: number
  isDirect: boolean
}

interface Step {
  /** Seconds to pass before. */
  pass: number
  session: number
  /** Whether to refresh the session before, so that its access token works. */
  isFresh: boolean
  plans: Plan[]
}

const often = <T>(weights: [number, T][]) =>
  fc.oneof(...weights.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))

const planned = {
  kind: often<Request['kind']>([
    [16, 'refresh'],
    [3, 'login'],
    [1, 'register'],
    [2, 'me'],
    [2, 'logout'],
    [2, 'end'],
    [2, 'password'],
    [1, 'delete'],
    [3, 'reauthenticate'],
    [2, 'factor'],
    [3, 'raise']
  ]),
  person: fc.nat({ max: 1 }),
  aside: often([
    [4, 0],
    [1, 1]
  ]),
  back: often([
    [12, 0],
    [3, 1],
    [1, 2]
  ]),
  key: fc.constantFrom(null, 'one', 'two'),
  scope: fc.constantFrom('local', 'others', 'all'),
  endOthers: fc.boolean(),
  isRight: often([
    [5, true],
    [1, false]
  ]),
  lag: fc.nat({ max: 3 }),
  isDirect: fc.boolean()
}
const plan = fc.record<Plan>(planned)

const pass = often([
  [24, 0],
  [2, 1],
  [2, SETTINGS.REFRESH_RACE_LEEWAY],
  [2, SETTINGS.REFRESH_RACE_LEEWAY + 0.001],
  [1, SETTINGS.ACCESS_TOKEN_TTL - 0.001],
  [10, SETTINGS.ACCESS_TOKEN_TTL],
  [1, SETTINGS.REFRESH_RETRY_WINDOW],
  [1, SETTINGS.REAUTHENTICATION_TTL - 0.001],
  [1, SETTINGS.REFRESH_RETRY_WINDOW + 0.001],
  [1, SETTINGS.REFRESH_TOKEN_TTL - 0.001],
  [1, SETTINGS.SESSION_TTL]
])

const session = fc.nat({ max: IN_USE - 1 })
const calm = fc.record<Step>({
  pass,
  session,
  isFresh: fc.boolean(),
  plans: fc.oneof(
    { weight: 3, arbitrary: fc.array(plan, { minLength: 1, maxLength: 1 }) },
    { weight: 2, arbitrary: fc.array(plan, { minLength: 2, maxLength: 4 }) }
  )
})

/** A race for a pair that has just expired: of several refreshes, and perhaps of logouts. */
const race = fc
  .record({
    session,
    plan,
    tabs: fc.integer({ min: 1, max: 5 }),
    logouts: fc.array(fc.record({ plan, place: fc.nat({ max: 2 }) }), { maxLength: 2 })
  })
  .map(({ session, plan, tabs, logouts }): Step => {
    const racer: Plan = { ...plan, kind: 'refresh', aside: 0, back: 0, lag: 0 }
    const plans = Array.from({ length: tabs }, () => racer)
    for (const { plan, place } of logouts)
      plans.splice(place, 0, { ...racer, kind: 'logout', scope: plan.scope })
    return { pass: SETTINGS.ACCESS_TOKEN_TTL, session, isFresh: false, plans }
  })

/** What is dangerous, while the session is authenticated anew and the account asks for more or less. */
const danger = fc.record<Step>({
  pass: fc.constantFrom(0, SETTINGS.ACCESS_TOKEN_TTL, SETTINGS.REAUTHENTICATION_TTL),
  session,
  isFresh: fc.constant(true),
  plans: fc.array(
    fc.record({
      ...planned,
      kind: often<Request['kind']>([
        [4, 'end'],
        [2, 'password'],
        [1, 'delete'],
        [3, 'reauthenticate'],
        [2, 'factor'],
        [3, 'raise']
      ]),
      back: fc.constant(0)
    }),
    { minLength: 1, maxLength: 4 }
  )
})

const step = fc.oneof(
  { weight: 2, arbitrary: calm },
  { weight: 1, arbitrary: race },
  { weight: 1, arbitrary: danger }
)

/** How often requests had which outcomes. */
type Tally = Map<string, number>

/** What is asked for by HTTP. */
type HttpRequest = Exclude<Request, { kind: 'factor' | 'raise' }>

/** A run: the service as the people in it know it, and what the rules make of that. */
class Run {
  /** All pairs ever given, by `<session>.<generation>`. */
  readonly #pairs = new Map<string, Pair>()
  /** What each pair was exchanged for, and with which key. */
  readonly #exchanged = new Map<string, { key: string | null; refreshToken: string }>()
  readonly #names = new Map<string, string>()
  readonly #service: Service
  readonly #number: number
  readonly #said: string[] = []
  readonly #tally: Tally
  #planned = PEOPLE.length
  worlds: World[]

  constructor(service: Service, number: number, tally: Tally) {
    this.#tally = tally
    this.#service = service
    this.#number = number
    // Tokens are issued at whole seconds, and so a run does not depend on the ones before.
    service.clock.advance(1 - (service.clock.now().getTime() % 1000) / 1000)
    this.worlds = [{ now: service.clock.now().getTime(), accounts: [], sessions: {} }]
  }

  get sessions() {
    return [...this.#names.values()]
  }

  get #live() {
    return this.sessions.filter(name => this.worlds.some(world => isLive(world, name)))
  }

  /** What people try next: sessions that live, and one that does not. */
  get #inUse() {
    const live = this.#live
    const dead = this.sessions.filter(name => !live.includes(name))
    return [...live.slice(-IN_USE), ...dead.slice(-1)]
  }

  #inUseAt = (index: number) => this.#inUse[index % this.#inUse.length] as string

  pass(seconds: number) {
    this.#service.clock.advance(seconds)
    const now = this.#service.clock.now().getTime()
    this.worlds = this.worlds.map(world => ({ ...world, now }))
    this.#said.push(`${seconds} s pass`)
  }

  latest(session: string): PairName {
    let generation = 1
    while (this.#pairs.has(`${session}.${generation + 1}`)) generation += 1
    return { session, generation }
  }

  /** Takes a step: its requests all at once. */
  async take({ pass, session: number, isFresh, plans }: Step) {
    this.pass(pass)
    if (isFresh && this.#live.length === 0) await this.#signInAnew(number % PEOPLE.length)
    if (isFresh) await this.send([{ kind: 'refresh', pair: this.latest(this.#inUseAt(number)), key: 'one' }])
    const requests = plans.flatMap(plan => this.#requestOf(plan, number) ?? [])
    await this.send(requests, plans)
    // What people see next tells apart the worlds that there may be now.
    for (const session of this.#inUse) await this.send([{ kind: 'me', pair: this.latest(session) }])
  }

  /** Begins a session of a person, who may have to make an account again, and has no second factor for that. */
  async #signInAnew(person: number) {
    const email = this.email(person)
    const former = this.sessions.findLast(name => this.#pairs.get(`${name}.1`)?.user.email === email)
    if (former) await this.send([{ kind: 'factor', pair: this.latest(former), hasSecondFactor: false }])
    for (const kind of ['register', 'login'] as const) {
      this.#planned += 1
      const password = this.#password(email)
      await this.send([{ kind, email, password, session: `s${this.#planned}` }])
    }
  }

  #requestOf(plan: Plan, number: number): Request | undefined {
    const { kind, person, aside, back, key, scope, endOthers, isRight } = plan
    const email = this.email(person)
    this.#planned += 1
    if (kind === 'register' || kind === 'login')
      return { kind, email, password: this.#password(email, isRight), session: `s${this.#planned}` }

    const latest = this.latest(this.#inUseAt(number + aside))
    const pair = { ...latest, generation: Math.max(1, latest.generation - back) }
    const owner = this.#pairs.get(`${pair.session}.1`)?.user.email ?? ''
    const password = this.#password(owner, isRight)
    switch (kind) {
      case 'me':
        return { kind, pair }
      case 'refresh':
        return { kind, pair, key }
      case 'logout':
        return { kind, pair, scope }
      case 'end':
        return { kind, pair, session: this.#inUseAt(number + aside + back + person) }
      case 'password':
        return { kind, pair, current: password, next: `password ${this.#planned} of many`, endOthers }
      case 'delete':
      case 'reauthenticate':
        return { kind, pair, password }
      case 'factor':
        return { kind, pair, hasSecondFactor: endOthers }
      case 'raise':
        return { kind, pair }
    }
  }

  readonly email = (person: number) => `${PEOPLE[person]}.${this.#number}@example.org`

  /** The password of the account that has the e-mail now, or had it last. */
  #password(email: string, isRight = true) {
    const account = this.worlds[0]?.accounts.findLast(account => account.email === email)
    return isRight && account ? account.password : 'a password of nobody at all'
  }

  /** Sends requests at once, and holds all the answers against the rules. */
  async send(requests: Request[], plans: Plan[] = []): Promise<Exchange[]> {
    const exchanges = await Promise.all(
      requests.map(async (request, index) => {
        for (let lag = plans[index]?.lag ?? 0; lag > 0; lag--) await turn()
        return { request, outcome: await this.#exchange(request, plans[index]?.isDirect ?? false) }
      })
    )
    this.worlds = findReachableWorlds(this.worlds, exchanges)
    this.#said.push(exchanges.map(say).join(' ∥ '))
    for (const { request, outcome } of exchanges) {
      const kind = `${request.kind} ${outcome.replace(/ s\d+\.\d+/, ' and a pair')}`
      this.#tally.set(kind, (this.#tally.get(kind) ?? 0) + 1)
    }
    if (this.worlds.length === 0) throw new Error(`against the rules:\n${this.#said.slice(-12).join('\n')}`)
    return exchanges
  }

  async #exchange(request: Request, isDirect: boolean) {
    if (request.kind === 'factor') return this.#setSecondFactor(request)
    if (request.kind === 'raise') return this.#raise(request)
    const answer = await (isDirect ? this.#direct(request) : this.#call(request))
    const { status, body } = answer
    if (request.kind === 'me' && status === 200) return '200'
    if (status < 300) return body.accessToken ? `${status} ${this.#keep(request, body)}` : `${status}`
    return `${status} ${body.code}${body.action ? ` ${body.action}` : ''}`
  }

  async #setSecondFactor({ pair, hasSecondFactor }: Extract<Request, { kind: 'factor' }>): Promise<Outcome> {
    await setSecondFactor(this.#service, this.#tokens(pair), hasSecondFactor)
    return '204'
  }

  /** Shows a second factor, as far as the session sees one. */
  async #raise({ pair }: Extract<Request, { kind: 'raise' }>): Promise<Outcome> {
    const { store } = this.#service.app
    const { user, ...tokens } = this.#tokens(pair)
    await sessionStatements(store).renewAuthentication.execute({
      id: sessionOf(tokens),
      userId: user.id,
      now: store.now(),
      methods: ['password', 'totp'],
      level: 2
    })
    return '204'
  }

  /** Past HTTP, for what races most: nothing lies between parallel calls then but the database. */
  async #direct(request: HttpRequest): Promise<Pick<Answer, 'status' | 'body'>> {
    if (request.kind !== 'refresh' && request.kind !== 'logout') return this.#call(request)
    const { sessions } = this.#service.app
    const { accessToken, refreshToken } = this.#tokens(request.pair)
    const client = { ip: '127.0.0.1', userAgent: null }
    try {
      if (request.kind === 'logout') {
        await sessions.logout(accessToken, request.scope, client)
        return { status: 204, body: '' }
      }
      const idempotencyKey = request.key ?? undefined
      const body = await sessions.refresh({ accessToken, refreshToken, client, idempotencyKey })
      return { status: 200, body }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      return { status: error.status, body: error.toDocument('') }
    }
  }

  #call(request: HttpRequest): Promise<Answer> {
    const { call } = this.#service
    if ('email' in request) {
      const { kind, email, password } = request
      const username = email.slice(0, email.indexOf('@'))
      return call('POST', `/api/auth/${kind}`, {
        body: { email, password, ...(kind === 'register' && { username }) }
      })
    }
    const { accessToken, refreshToken } = this.#tokens(request.pair)
    const token = accessToken
    switch (request.kind) {
      case 'me':
        return call('GET', '/api/auth/me', { token })
      case 'refresh':
        return call('POST', '/api/auth/refresh', {
          body: { accessToken, refreshToken },
          ...(request.key && { headers: { 'idempotency-key': request.key } })
        })
      case 'logout':
        return call('POST', '/api/auth/logout', { token, body: { scope: request.scope } })
      case 'end':
        return call('DELETE', `/api/auth/sessions/${this.#idOf(request.session)}`, { token })
      case 'password':
        return call('PUT', '/api/auth/password', {
          token,
          body: {
            currentPassword: request.current,
            newPassword: request.next,
            endOtherSessions: request.endOthers
          }
        })
      case 'delete':
        return call('DELETE', '/api/auth/me', { token, body: { password: request.password } })
      case 'reauthenticate':
        return call('POST', '/api/auth/reauthenticate', { token, body: { password: request.password } })
    }
  }

  #tokens({ session, generation }: PairName): Pair {
    const pair = this.#pairs.get(`${session}.${generation}`)
    if (!pair) throw new Error(`There is no pair ${session}.${generation}.`)
    return pair
  }

  #idOf = (session: string) => [...this.#names].find(([, name]) => name === session)?.[0]

  /**
   * Keeps a pair that was given, by the name that is in it. A pair is exchanged for one other pair, and said again to
   * nobody but who gives the key of the first time.
   */
  #keep(request: Request, pair: Pair): string {
    const [, claims = ''] = pair.accessToken.split('.')
    const [id, generation] = JSON.parse(Buffer.from(claims, 'base64url').toString()).jti.split('.')
    if ('email' in request) this.#names.set(id, request.session)
    const name = `${this.#names.get(id)}.${generation}`
    const { accessToken, refreshToken } = this.#pairs.get(name) ?? pair
    if (
      withoutAuthentication(pair.accessToken) !== withoutAuthentication(accessToken) ||
      pair.refreshToken !== refreshToken
    )
      throw new Error(`${name} was given twice, with other tokens`)
    this.#pairs.set(name, pair)

    if (request.kind === 'refresh') {
      const given = `${request.pair.session}.${request.pair.generation}`
      const before = this.#exchanged.get(given)
      const isRepeated = request.key !== null && before?.key === request.key
      if (before && !(isRepeated && before.refreshToken === refreshToken))
        throw new Error(`${given} was exchanged twice`)
      this.#exchanged.set(given, { key: request.key, refreshToken })
    }
    return name
  }
}

/** The claims of an access token, but for those of an authentication: there may have been one since it was first given. */
function withoutAuthentication(accessToken: string): string {
  const { auth_time, amr, acr, ...claims } = JSON.parse(
    `${Buffer.from(`${accessToken.split('.')[1]}`, 'base64url')}`
  )
  return JSON.stringify(claims)
}

const nameOf = ({ session, generation }: PairName) => `${session}.${generation}`

/** An exchange in a line of a counterexample. */
function say({ request, outcome }: Exchange) {
  const words = Object.values({ ...request, ...('pair' in request && { pair: nameOf(request.pair) }) })
  return `${words.join(' ')} → ${outcome}`
}

/**
 * Ends a run: everybody tries every token that there ever was. Where a session has ended all are refused, and for ever;
 * where it goes on, its latest pair refreshes, and that one only.
 */
async function audit(run: Run) {
  const hasEnded = (session: string) =>
    run.worlds.every(({ accounts, sessions }) => {
      const { hasEnded, account } = sessions[session] as World['sessions'][string]
      return hasEnded || accounts[account]?.isDeleted
    })
  const ended = run.sessions.filter(hasEnded)
  const namesOf = (session: string) =>
    Array.from({ length: run.latest(session).generation }, (_, index) => ({ session, generation: index + 1 }))

  const isRefused = ({ request, outcome }: Exchange) => {
    if (!outcome.startsWith('401'))
      throw new Error(`an ended session lives again: ${say({ request, outcome })}`)
  }
  for (const pair of ended.flatMap(namesOf)) (await run.send([{ kind: 'me', pair }])).forEach(isRefused)
  run.pass(SETTINGS.ACCESS_TOKEN_TTL)
  for (const pair of ended.flatMap(namesOf))
    (await run.send([{ kind: 'refresh', pair, key: 'one' }])).forEach(isRefused)

  for (const session of run.sessions.filter(name => !ended.includes(name))) {
    const [latest, ...retired] = namesOf(session).reverse()
    if (!latest) continue
    await run.send([{ kind: 'refresh', pair: latest, key: null }])
    // The rules have their say on each; here it counts that no pair is exchanged for a second one.
    for (const pair of retired) await run.send([{ kind: 'refresh', pair, key: null }])
  }
}

t.test(
  '[RESURRECT] [RACE] [LOST] [R9700-4.14.2b] [V7.4.2] [V7.5.1] whatever happens in whatever order, sessions keep to the rules',
  async t => {
    const settings = Object.entries(SETTINGS).map(([name, value]) => [name, String(value)])
    const service = await serve(t, { ...Object.fromEntries(settings), LOG_LEVEL: 'error' })
    const tally: Tally = new Map()
    let runs = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async steps => {
        runs += 1
        const run = new Run(service, runs, tally)
        await run.send(
          PEOPLE.map((_, person) => ({
            kind: 'register',
            email: run.email(person),
            password: 'the first password',
            session: `s${person + 1}`
          }))
        )
        for (const step of steps) await run.take(step)
        await audit(run)
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: 60_000 }
    )
    const requests = [...tally.values()].reduce((sum, count) => sum + count)
    t.pass(`${runs} runs, ${requests} requests`)
    t.comment(Object.fromEntries([...tally].sort()))
  }
)
