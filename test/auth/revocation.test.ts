import t, { type Test } from 'tap'
import { emptyDatabase } from '../support/databases.ts'
import { expectedProblem, PASSWORD, type Pair, serve } from '../support/service.ts'

/** Two instances of the service on one database, and somebody whom both have let in. */
async function twoInstances(t: Test) {
  const database = await emptyDatabase(t)
  const settings = { DATABASE_URL: database === ':memory:' ? `file:${t.testdir()}/latchkey.db` : database }
  const [one, other] = [await serve(t, settings), await serve(t, settings)]
  const pair = await one.signUp()
  const me = async (token: string) => {
    const answers = [one, other].map(({ call }) => call('GET', '/api/auth/me', { token }))
    return (await Promise.all(answers)).map(({ status, body }) =>
      status === 200 ? body.username : body.code
    )
  }
  for (const _ of [1, 2]) t.strictSame(await me(pair.accessToken), ['user1', 'user1'])
  return { one, other, pair, me }
}

type Instance = Awaited<ReturnType<typeof serve>>

const acts: Record<string, [(instance: Instance, pair: Pair) => Promise<{ status: number }>, string]> = {
  'a logout': [
    ({ call }, { accessToken: token }) => call('POST', '/api/auth/logout', { token }),
    'access_token_revoked'
  ],
  'a change of the password': [
    ({ call }, { accessToken: token }) =>
      call('PUT', '/api/auth/password', {
        token,
        body: { currentPassword: PASSWORD, newPassword: `${PASSWORD} too` }
      }),
    'access_token_stale'
  ],
  'the end of the account': [
    ({ call }, { accessToken: token }) =>
      call('DELETE', '/api/auth/me', { token, body: { password: PASSWORD } }),
    'access_token_revoked'
  ],
  'a new name': [
    ({ call }, { accessToken: token }) =>
      call('PATCH', '/api/auth/me', { token, body: { username: 'countess' } }),
    'countess'
  ]
}

for (const [what, [act, seen]] of Object.entries(acts))
  t.test(`[V7.4.1] ${what} is known at once, wherever it happened`, async t => {
    for (const by of ['one', 'other'] as const) {
      const { [by]: instance, pair, me } = await twoInstances(t)
      t.match((await act(instance, pair)).status, /^20[04]$/)
      t.strictSame(await me(pair.accessToken), [seen, seen], `by ${by}`)
    }
  })

t.test('a cached token is refused once it has expired', async t => {
  const { call, signUp, clock } = await serve(t)
  const { accessToken: token, expiresIn } = await signUp()
  const me = async () => (await call('GET', '/api/auth/me', { token })).status
  t.equal(await me(), 200)
  clock.advance(expiresIn - 1)
  t.equal(await me(), 200)
  clock.advance(1)
  for (const _ of [1, 2]) t.equal(await me(), 401)
})

t.test('[V7.4.1] an ended session cannot tell whether a todo exists', async t => {
  const { one, other, pair } = await twoInstances(t)
  const { accessToken: token } = pair
  const { body: todo } = await one.call('POST', '/api/todos', { token, body: { title: 'Buy milk' } })
  const paths = [
    '/api/todos',
    `/api/todos/${todo.id}`,
    '/api/todos/01a20996-fb6c-78b7-96ed-227b58a269d2'
  ].flatMap(path =>
    [one, other].map(
      ({ call }) =>
        () =>
          call('GET', path, { token })
    )
  )
  t.strictSame(
    await Promise.all(paths.map(async get => (await get()).status)),
    [200, 200, 200, 200, 404, 404]
  )
  await one.call('POST', '/api/auth/logout', { token })
  for (const get of paths) {
    const answer = await get()
    t.strictSame(answer.body, expectedProblem(answer, 401, 'access_token_revoked', { action: 'sign-in' }))
    t.match(answer.headers['www-authenticate'], /^Bearer error="invalid_token"/)
  }
})

t.test('[V7.4.1] of many parallel requests, those of ended sessions are refused', async t => {
  const { one, other, pair } = await twoInstances(t)
  const body = { email: pair.user.email, password: PASSWORD }
  const pairs: Pair[] = []
  for (let count = 0; count < 20; count++)
    pairs.push((await one.call('POST', '/api/auth/login', { body })).body as Pair)
  const statuses = () =>
    Promise.all(
      pairs.map(async ({ accessToken: token }) => (await other.call('GET', '/api/todos', { token })).status)
    )
  t.strictSame(new Set(await statuses()), new Set([200]))
  const isEnded = (_: unknown, index: number) => index % 3 === 0
  for (const { accessToken: token } of pairs.filter(isEnded))
    await one.call('POST', '/api/auth/logout', { token })
  t.strictSame(
    await statuses(),
    pairs.map((pair, index) => (isEnded(pair, index) ? 401 : 200))
  )
})
