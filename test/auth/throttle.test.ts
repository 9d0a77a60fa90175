import t, { type Test } from 'tap'
import { createLogin } from '../../src/auth/accounts/login.ts'
import { createThrottle } from '../../src/auth/throttling/throttle.ts'
import type { Params } from '../../src/db/engine.ts'
import type { Store } from '../../src/db/store.ts'
import { allTables } from '../../src/features.ts'
import { toNetwork } from '../../src/http/addresses.ts'
import { Problem } from '../../src/problems/problem.ts'
import { emptyDatabase } from '../support/databases.ts'
import {
  type Answer,
  expectedProblem,
  loginServices,
  PASSWORD,
  type Service,
  type Settings,
  serve
} from '../support/service.ts'

const ADA = 'ada@example.org'
/** Nobody's e-mail. */
const EVE = 'eve@example.org'
const HOME = '198.51.100.1'
const AT_HOME = { ip: HOME, userAgent: null }
const DAY = 86_400

/** The service behind a proxy, with an account whose owner has signed in at home. */
async function serveAda(t: Test, settings: Settings = {}) {
  const service = await serve(t, { TRUST_PROXY: 'true', ...settings })
  const send = (path: string, from: string, body: object) =>
    service.call('POST', `/api/auth/${path}`, { body, headers: { 'x-forwarded-for': from } })
  const signIn = (email: string, from: string, password = PASSWORD) =>
    send('login', from, { email, password })
  const fail = (email: string, from: string) => signIn(email, from, 'wrong')
  await send('register', HOME, { username: 'ada', email: ADA, password: PASSWORD })
  return { ...service, signIn, fail }
}

let addresses = 0
/** Fails from one new address after the other, as wrong passwords do. */
async function failFromEverywhere(store: Store, email: string, times: number) {
  const { attempt } = createThrottle(store)
  for (let index = 0; index < times; index++)
    await attempt(email, `new ${addresses++}`, async () => undefined)
}

const stranger = (index: number) => `203.0.113.${index}`

const wrong = (answer: Answer) => expectedProblem(answer, 401, 'invalid_credentials', { action: 'sign-in' })
const throttled = (answer: Answer) =>
  expectedProblem(answer, 429, 'sign_in_throttled', { action: 'retry-later' })

const isThrottled = (t: Test, answer: Answer, seconds: number, message = 'it is refused') => {
  t.strictSame(answer.body, throttled(answer), message)
  t.equal(answer.headers['retry-after'], `${seconds}`, message)
}
const isWrong = (t: Test, answer: Answer, message = 'it is verified') =>
  t.strictSame(answer.body, wrong(answer), message)

const statuses = (answers: readonly Answer[]) =>
  Object.fromEntries(
    [200, 401, 429].map(status => [status, answers.filter(answer => answer.status === status).length])
  )

t.test('[THROTTLE] from the 5th failure on each attempt waits longer, account or not', async t => {
  const { fail, clock } = await serveAda(t)
  const refusals: object[] = []
  for (const email of [ADA, EVE]) {
    for (let failures = 1; failures <= 5; failures++) isWrong(t, await fail(email, HOME))
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
      isThrottled(t, await fail(email, HOME), seconds)
      clock.advance(seconds - 0.001)
      isThrottled(t, await fail(email, HOME), 1, 'rounded up, and no longer for having tried')
      clock.advance(0.001)
      isWrong(t, await fail(email, HOME), `after ${seconds} s`)
    }
    const { body, headers } = await fail(email, HOME)
    refusals.push([
      { ...body, instance: '' },
      { ...headers, date: '', 'content-length': '', 'x-request-id': '' }
    ])
  }
  t.strictSame(refusals[1], refusals[0])
})

t.test('[THROTTLE] the right password waits as well, then clears the count', async t => {
  const { fail, signIn, clock } = await serveAda(t)
  for (let failures = 1; failures <= 5; failures++) await fail(ADA.toUpperCase(), HOME)
  isThrottled(t, await signIn(ADA, HOME), 1)
  clock.advance(1)
  t.equal((await signIn(ADA, HOME)).status, 200)
  for (let failures = 1; failures <= 5; failures++) isWrong(t, await fail(ADA, HOME))
  isThrottled(t, await fail(ADA, HOME), 1)
})

t.test('[THROTTLE] a stranger does not slow the owner down, nor does the owner free a stranger', async t => {
  const { fail, signIn } = await serveAda(t)
  for (let failures = 1; failures <= 5; failures++) await fail(ADA, stranger(1))
  isThrottled(t, await fail(ADA, stranger(1)), 1)
  isWrong(t, await fail(ADA, HOME))
  t.equal((await signIn(ADA, HOME)).status, 200)
  isThrottled(t, await signIn(ADA, stranger(1)), 1)
  isWrong(t, await fail(EVE, stranger(1)), 'nor does one e-mail concern another')
})

t.test('[THROTTLE] of 40 parallel guesses 5 are verified, at first and after a day', async t => {
  const { fail, clock } = await serveAda(t)
  const storm = (email: string) => Promise.all(Array.from({ length: 40 }, () => fail(email, HOME)))
  for (const email of [ADA, EVE]) {
    t.strictSame(statuses(await storm(email)), { 200: 0, 401: 5, 429: 35 })
    clock.advance(1)
    t.strictSame(statuses(await storm(email)), { 200: 0, 401: 1, 429: 39 })
    clock.advance(DAY)
    isWrong(t, await fail(email, HOME))
    clock.advance(DAY)
    t.strictSame(statuses(await storm(email)), { 200: 0, 401: 5, 429: 35 })
  }
})

t.test('[THROTTLE] two instances on one database count together, and so does a later one', async t => {
  const database = await emptyDatabase(t)
  const DATABASE_URL = database === ':memory:' ? `file:${t.testdir()}/latchkey.db` : database
  const one = await serveAda(t, { DATABASE_URL })
  const other = await serve(t, { DATABASE_URL, TRUST_PROXY: 'true' })
  const body = { email: ADA, password: 'wrong' }
  const onOther = { body, headers: { 'x-forwarded-for': HOME } }
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      index % 2 ? one.fail(ADA, HOME) : other.call('POST', '/api/auth/login', onOther)
    )
  )
  t.strictSame(statuses(answers), { 200: 0, 401: 5, 429: 35 })

  await one.app.close()
  await other.app.close()
  const later = await serve(t, { DATABASE_URL, TRUST_PROXY: 'true' })
  isThrottled(t, await later.call('POST', '/api/auth/login', onOther), 1)
})

t.test('[THROTTLE] after 100 failures in a row strangers wait for a day, account or not', async t => {
  const { app, fail, signIn, clock } = await serveAda(t)
  for (const [index, email] of [ADA, EVE].entries()) {
    await failFromEverywhere(app.store, email, 99)
    clock.advance(1)
    isWrong(t, await fail(email, stranger(1)), 'the 100th')
    isThrottled(t, await fail(email, stranger(1)), DAY)
    isThrottled(t, await fail(email, stranger(2)), DAY, 'a new address')
    isThrottled(t, await signIn(email, stranger(2)), DAY, 'the right password')
    clock.advance(DAY - 0.001)
    isThrottled(t, await fail(email, stranger(index)), 1)
    clock.advance(0.001)
    for (let failures = 1; failures <= 5; failures++) isWrong(t, await fail(email, stranger(index)))
    isThrottled(t, await fail(email, stranger(index)), 1, 'its own delay, not the day')
  }
})

t.test('[THROTTLE] strangers do not lock the owner out', async t => {
  const { app, fail, signIn, clock } = await serveAda(t)
  const { db, kit } = app.store
  const tables = allTables(kit)
  await failFromEverywhere(app.store, ADA, 100)
  isThrottled(t, await signIn(ADA, stranger(1)), DAY)
  for (let failures = 1; failures <= 5; failures++) isWrong(t, await fail(ADA, HOME))
  isThrottled(t, await signIn(ADA, HOME), 1, 'only by its own failures')
  clock.advance(1)
  const { status, body } = await signIn(ADA, HOME)
  t.equal(status, 200)
  t.equal((await signIn(ADA, stranger(1))).status, 200, 'a success ends the row of failures')

  await app.sessions.logout(body.accessToken, 'all', { ip: HOME, userAgent: null })
  await failFromEverywhere(app.store, ADA, 100)
  t.equal((await signIn(ADA, HOME)).status, 200, 'also when signed out everywhere')

  await db.update(tables.sessions).set({ ip: '2001:db8:1:2::1' })
  await failFromEverywhere(app.store, ADA, 100)
  isThrottled(t, await signIn(ADA, HOME), DAY)
  t.equal((await signIn(ADA, '2001:db8:1:2:3::4')).status, 200, 'another address of the same network')

  await db.update(tables.sessions).set({ ip: null })
  await failFromEverywhere(app.store, ADA, 100)
  isThrottled(t, await signIn(ADA, HOME), DAY, 'an address that is not known of a session')
})

t.test('[THROTTLE] parallel guesses from many addresses do not exceed 100', async t => {
  const { app, fail } = await serveAda(t)
  await failFromEverywhere(app.store, EVE, 97)
  const guesses = Array.from({ length: 20 }, (_, index) => fail(EVE, stranger(index)))
  const answers = await Promise.all(guesses)
  t.strictSame(statuses(answers), { 200: 0, 401: 3, 429: 17 })
  for (const answer of answers.filter(({ status }) => status === 429)) isThrottled(t, answer, DAY)

  const rows = await app.store.db.select().from(allTables(app.store.kit).throttles)
  t.equal(Math.max(...rows.map(({ failures }) => failures)), 100)
  const failures = rows.reduce((sum, row) => sum + row.failures, 0)
  const mark = 1
  t.equal(
    failures - mark,
    200,
    'those that were refused count neither for the e-mail nor for the address; a row marks that the owner is told'
  )
})

t.test('[THROTTLE] the addresses of one IPv6 network count as one', async t => {
  const { fail } = await serveAda(t)
  for (let failures = 1; failures <= 5; failures++) isWrong(t, await fail(EVE, `2001:db8:1:2:${failures}::1`))
  isThrottled(t, await fail(EVE, '2001:DB8:1:2::6'), 1)
  isWrong(t, await fail(EVE, '2001:db8:1:3::1'))
  for (let failures = 1; failures <= 5; failures++) isWrong(t, await fail(EVE, HOME))
  isThrottled(t, await fail(EVE, `::ffff:${HOME}`), 1, 'IPv4 written as IPv6')
})

t.test('[THROTTLE] all spellings of an address count as one', async t => {
  for (const [ip, network] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::5:6:7:8', '2001:db8:0:0::/64'],
    ['2001:db8:0:2::1', '2001:db8:0:2::/64'],
    ['1::4:5:6:7:8', '1:0:0:4::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['::ffff:0:192.0.2.1', '0:0:0:0::/64'],
    ['::192.0.2.1', '0:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['what a proxy made up', 'what a proxy made up']
  ] as const)
    t.equal(toNetwork(ip), network, ip)
})

t.test('[THROTTLE] failures expire a day after the last one', async t => {
  const { fail, clock } = await serveAda(t)
  for (let failures = 1; failures <= 4; failures++) await fail(EVE, HOME)
  clock.advance(DAY - 0.001)
  isWrong(t, await fail(EVE, HOME), 'the 5th')
  isThrottled(t, await fail(EVE, HOME), 1)
  clock.advance(DAY)
  for (let failures = 1; failures <= 5; failures++) isWrong(t, await fail(EVE, HOME))
  isThrottled(t, await fail(EVE, HOME), 1, 'not 2: it began anew')
})

t.test('[THROTTLE] an attempt that could not be verified does not count', async t => {
  const { app, fail, clock } = await serveAda(t)
  const { store, throttle, sessions } = app
  const createFailingLogin = (error: Error) => {
    const passwordHasher = { ...app.passwordHasher, verify: () => Promise.reject(error) }
    return createLogin({ ...loginServices(app), store, passwordHasher, throttle, sessions })
  }
  const refuse = async (email: string, times = 10) => {
    for (const error of [new Problem('overloaded'), new Error('no database')])
      for (let attempts = 0; attempts < times; attempts++)
        await t.rejects(createFailingLogin(error)({ email, password: PASSWORD }, AT_HOME), {
          message: error.message
        })
  }
  const rows = async () =>
    (await store.db.select().from(allTables(store.kit).throttles)).map(row => row.failures)

  await refuse(EVE)
  t.strictSame(await rows(), [0, 0])
  await Promise.allSettled(Array.from({ length: 5 }, () => refuse(EVE, 1)))
  t.strictSame(await rows(), [0, 0], 'in parallel, too')
  for (let failures = 1; failures <= 5; failures++) isWrong(t, await fail(EVE, HOME))
  isThrottled(t, await fail(EVE, HOME), 1)
  clock.advance(1)
  await refuse(EVE)
  isWrong(t, await fail(EVE, HOME), 'no wait for what was not verified')
  isThrottled(t, await fail(EVE, HOME), 2, 'nor a longer one')

  await failFromEverywhere(store, ADA, 100)
  await refuse(ADA)
  isThrottled(t, await fail(ADA, stranger(1)), DAY, 'nor does it free whom others have blocked')
})

t.test(
  '[THROTTLE] failures are cleared in the transaction that begins the session, or not at all',
  async t => {
    const { app, fail } = await serveAda(t)
    const { store, passwordHasher, throttle, sessions } = app
    const rows = async () =>
      (await store.db.select().from(allTables(store.kit).throttles)).map(row => row.failures)
    const signIn = (start: typeof sessions.start) =>
      createLogin({ ...loginServices(app), store, passwordHasher, throttle, sessions: { start } })(
        { email: ADA, password: PASSWORD },
        AT_HOME
      )

    await fail(ADA, HOME)
    await t.rejects(
      signIn(async () => {
        throw new Error('no database')
      }),
      { message: 'no database' }
    )
    t.strictSame(await rows(), [1, 1], 'it was no failure')
    await signIn(sessions.start)
    t.strictSame(await rows(), [])
  }
)

t.test(
  'a sign-in commits twice: the count, and the session',
  { skip: process.env.TEST_DATABASE_URL ? 'PostgreSQL counts its commits itself' : false },
  async t => {
    const { app, signIn } = await serveAda(t)
    const commits = () => app.store.writeCounts?.get('commit') ?? 0
    const before = commits()
    t.equal((await signIn(ADA, HOME)).status, 200)
    t.equal(commits() - before, 2)
  }
)

/** What the database is asked and what is hashed, in order. */
function createTracedLogin(app: Service['app']) {
  const { store, passwordHasher, sessions } = app
  const trace: string[] = []
  const prepare: Store['prepare'] = (builder, name) => {
    const prepared = store.prepare(builder, name)
    const traced =
      <Result>(run: (values?: Params) => Result) =>
      (values?: Params) => {
        trace.push(name)
        return run(values)
      }
    return { ...prepared, execute: traced(prepared.execute), run: traced(prepared.run) }
  }
  const tracedStore = { ...store, prepare }
  const login = createLogin({
    ...loginServices(app),
    store: tracedStore,
    passwordHasher: {
      ...passwordHasher,
      verify: (password, hash) => {
        trace.push('hash')
        return passwordHasher.verify(password, hash)
      }
    },
    throttle: createThrottle(tracedStore),
    sessions
  })
  return { trace, login }
}

t.test('[THROTTLE] [V6.3.8] the work is the same whether there is an account or not', async t => {
  const { app } = await serveAda(t)
  const { trace, login } = createTracedLogin(app)
  const workOf = async (email: string, ip: string) => {
    trace.length = 0
    await t.rejects(login({ email, password: 'wrong' }, { ip, userAgent: null }))
    return [...trace]
  }
  const looks = ['throttles_find', 'throttles_find']
  const verification = ['accounts_findByEmail', 'hash']
  for (const email of [ADA, EVE]) {
    // One write that tells the owner, and one in its stead.
    const write = email === ADA ? 'events_insert' : 'throttles_touch'
    const adds = ['throttles_insert', 'throttles_insert']
    t.strictSame(await workOf(email, HOME), [...looks, ...adds, ...verification, write])
    const changes = ['throttles_updateIfUnchanged', 'throttles_updateIfUnchanged']
    for (let failures = 2; failures <= 5; failures++)
      t.strictSame(await workOf(email, HOME), [...looks, ...changes, ...verification, write])
    t.strictSame(await workOf(email, HOME), looks, 'nothing is hashed for who has to wait')
    await failFromEverywhere(app.store, email, 95)
    t.strictSame(await workOf(email, stranger(1)), [...looks, 'throttles_listSessionIps'])
  }
})

t.test('[THROTTLE] a user who signs in on many devices at once is not throttled', async t => {
  const { call } = await serveAda(t)
  const signIn = () => call('POST', '/api/auth/login', { body: { email: ADA, password: PASSWORD } })
  const answers = await Promise.all(Array.from({ length: 20 }, signIn))
  t.strictSame(
    answers.map(({ status }) => status),
    Array(20).fill(200)
  )
})

t.test('the owner sees failed sign-ins in the audit log', async t => {
  const { call, fail, signIn } = await serveAda(t)
  await fail(ADA, stranger(66))
  const { accessToken: token } = (await signIn(ADA, HOME)).body
  const { items } = (await call('GET', '/api/auth/events', { token })).body
  t.match(
    items.map(({ type, ip }: { type: string; ip: string }) => [type, ip]),
    [
      ['signed_in', HOME],
      ['sign_in_failed', stranger(66)],
      ['account_created', HOME]
    ]
  )
})

t.test('[THROTTLE] a holder of a stolen access token cannot guess the password faster', async t => {
  const { call, signIn } = await serveAda(t)
  const { accessToken: token } = (await signIn(ADA, HOME)).body
  const guess = () => call('DELETE', '/api/auth/me', { token, body: { password: 'wrong' } })
  for (let failures = 1; failures <= 5; failures++) t.equal((await guess()).body.code, 'password_wrong')
  isThrottled(t, await guess(), 1)
})

t.test('[THROTTLE] a clock that was ahead makes nobody wait longer than documented', async t => {
  const { fail, signIn, clock, app } = await serveAda(t)
  for (const [days, failures, longest] of [
    [1, 5, 2],
    [400, 17, 900],
    [0.5, 17, 900]
  ] as const) {
    clock.advance(days * DAY)
    for (let index = 0; index < failures; index++) {
      await fail(ADA, HOME)
      clock.advance(900)
    }
    await fail(ADA, HOME)
    clock.advance(-days * DAY - failures * 900)
    isThrottled(t, await signIn(ADA, HOME), longest)
    clock.advance(longest - 0.001)
    isThrottled(t, await signIn(ADA, HOME), 1, 'and not for a shorter time')
    clock.advance(0.001)
    t.equal((await signIn(ADA, HOME)).status, 200)
  }

  clock.advance(400 * DAY)
  await failFromEverywhere(app.store, ADA, 100)
  clock.advance(-400 * DAY)
  isThrottled(t, await signIn(ADA, stranger(1)), DAY)
  clock.advance(DAY)
  t.equal((await signIn(ADA, stranger(1))).status, 200)
})
