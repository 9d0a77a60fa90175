import { availableParallelism } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { createLogin } from '../../src/auth/accounts/login.ts'
import { createPasswordHasher } from '../../src/auth/passwords/password-hasher.ts'
import { readConfig } from '../../src/config/config.ts'
import { allTables } from '../../src/features.ts'
import { Problem } from '../../src/problems/problem.ts'
import { expectedProblem, loginServices, PASSWORD, serve } from '../support/service.ts'

/** Passes that leave room for ten hashes on each core to wait. */
const SETTINGS = { PASSWORD_HASH_TIME: '10' }
const ROOM = availableParallelism() * 11

t.test(
  '[HASH] in a storm of sign-ins some are served, the others learn when to retry, and todos stay fast',
  async t => {
    const { app, call, signUp } = await serve(t, SETTINGS)
    const { accessToken: token } = await signUp({ email: 'ada@example.org' })
    let ended = 0
    const send = async (path: string, body: object) => {
      const answer = await call('POST', `/api/auth/${path}`, { body: { password: PASSWORD, ...body } })
      ended += 1
      return answer
    }
    const signIn = () => send('login', { email: 'ada@example.org' })
    const kinds = [
      // More of them at once would be taken for guesses.
      (index: number) => (index < 12 ? signIn() : send('login', { email: `anybody${index}@example.org` })),
      (index: number) => send('login', { email: `nobody${index}@example.org` }),
      (index: number) => send('register', { username: `user-${index}`, email: `new${index}@example.org` })
    ]

    // One is being hashed before the others come: who of them is first, the database decides.
    const first = signIn()
    while (app.passwordHasher.load().running === 0) await nextTurn()
    const storm = [
      first,
      ...Array.from({ length: ROOM + 19 }, (_, index) => (kinds[index % 3] ?? signIn)(index))
    ]
    const reads = Array.from({ length: 20 }, () => call('GET', '/api/todos', { token }))
    for (const { status } of await Promise.all(reads)) t.equal(status, 200)
    t.ok(ended < ROOM, 'todos are read while sign-ins wait')

    const answers = await Promise.all(storm)
    const refused = answers.filter(({ status }) => status === 503)
    // Fewer than 20 where the last ones still ask for the account when the first hash is done.
    t.ok(refused.length > 0 && refused.length <= 20, `${refused.length} are refused`)
    for (const answer of refused) {
      t.strictSame(answer.body, expectedProblem(answer, 503, 'overloaded', { action: 'retry-later' }))
      t.equal(answer.headers['retry-after'], '2')
    }
    const served = answers.filter(({ status }) => status !== 503).map(({ status }) => status)
    t.strictSame([...new Set(served)].sort(), [200, 201, 401])
    t.equal((await signIn()).status, 200, 'afterwards all is as before')
  }
)

t.test('[HASH] a full queue leaves the rehash to a later sign-in', async t => {
  const { app, signUp } = await serve(t)
  await signUp({ email: 'ada@example.org' })
  const hashed = async () =>
    (await app.store.db.select().from(allTables(app.store.kit).users))[0]?.passwordHash
  const before = await hashed()
  const passwords = await createPasswordHasher(readConfig({ PASSWORD_HASH_TIME: '3' }))
  const { store, throttle, sessions } = app
  const signIn = (error: Error) => {
    const passwordHasher = { ...passwords, hash: () => Promise.reject(error) }
    const login = createLogin({ ...loginServices(app), store, passwordHasher, throttle, sessions })
    return login({ email: 'ada@example.org', password: PASSWORD }, { ip: '192.0.2.1', userAgent: null })
  }

  t.match(await signIn(new Problem('overloaded')), { user: { email: 'ada@example.org' } })
  t.equal(await hashed(), before)
  await t.rejects(signIn(new Error('out of memory')), { message: 'out of memory' }, 'a fault stays one')
  await t.rejects(signIn(new Problem('internal_error')), { code: 'internal_error' })
})
