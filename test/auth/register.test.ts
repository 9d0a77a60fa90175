import t from 'tap'
import { expectedProblem, PASSWORD, serve } from '../support/service.ts'

const account = { username: 'Ada.Lovelace', email: 'Ada@Example.org', password: PASSWORD }

t.test('[O21-nostore] registering creates an account and signs it in', async t => {
  const { call } = await serve(t)
  const answer = await call('POST', '/api/auth/register', { body: account })
  t.match(answer, { status: 201, headers: { location: '/api/auth/me', 'cache-control': 'no-store' } })
  const { id } = answer.body.user
  t.strictSame(answer.body, {
    accessToken: answer.body.accessToken,
    tokenType: 'Bearer',
    expiresIn: 300,
    refreshToken: answer.body.refreshToken,
    refreshExpiresIn: 2_592_000,
    user: { id, username: 'Ada.Lovelace', email: 'Ada@Example.org', emailVerified: false }
  })
  t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'a UUIDv7')

  const me = await call('GET', '/api/auth/me', { token: answer.body.accessToken })
  t.match(me, { status: 200, headers: { 'cache-control': 'no-store' } })
  t.strictSame(me.body, answer.body.user, 'names are stored as given')
})

t.test('names are unique without case, and a conflict points at each field', async t => {
  const { call } = await serve(t)
  await call('POST', '/api/auth/register', { body: account })
  const username = { pointer: '/username', detail: 'belongs to another account' }
  const email = { pointer: '/email', detail: 'belongs to another account; sign in if it is yours' }
  const cases = [
    { changes: { username: 'ADA.LOVELACE', email: 'other@example.org' }, errors: [username] },
    { changes: { username: 'other', email: 'aDA@eXAMPLE.ORG' }, errors: [email] },
    { changes: { username: 'ada.lovelace', email: 'ada@example.org' }, errors: [username, email] }
  ]
  for (const { changes, errors } of cases) {
    const answer = await call('POST', '/api/auth/register', { body: { ...account, ...changes } })
    t.strictSame(answer.body, expectedProblem(answer, 409, 'already_taken', { errors }))
  }
})

t.test('of parallel registrations of one name one wins', async t => {
  const { call } = await serve(t)
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => call('POST', '/api/auth/register', { body: account }))
  )
  t.strictSame(answers.map(({ status }) => status).sort(), [201, ...Array(7).fill(409)])
})

t.test('each wrong field is named, with what is accepted', async t => {
  const { call } = await serve(t)
  const username = 'is not accepted; give 3 to 32 letters, digits, dots, underscores or hyphens'
  const email = 'is not accepted; give an e-mail address of at most 254 characters'
  const password = 'is not accepted; give 8 to 128 characters of any kind'
  const cases: [object, object[]][] = [
    [{ username: 'ab' }, [{ pointer: '/username', detail: username }]],
    [{ username: 'a'.repeat(33) }, [{ pointer: '/username', detail: username }]],
    [{ username: 'ada lovelace' }, [{ pointer: '/username', detail: username }]],
    [{ username: 'adä' }, [{ pointer: '/username', detail: username }]],
    [{ email: 'ada' }, [{ pointer: '/email', detail: email }]],
    [{ email: 'ada@example' }, [{ pointer: '/email', detail: email }]],
    [{ email: `${'a'.repeat(60)}@${'b.'.repeat(96)}co` }, [{ pointer: '/email', detail: email }]],
    [{ password: 'short77' }, [{ pointer: '/password', detail: password }]],
    [{ password: 'x'.repeat(129) }, [{ pointer: '/password', detail: password }]],
    [{ password: `half a pair \ud800` }, [{ pointer: '/password', detail: password }]],
    [{ username: 7 }, [{ pointer: '/username', detail: 'must be of type string' }]],
    [{ 'pass/w~rd': 'x' }, [{ pointer: '/pass~1w~0rd', detail: 'is not known; did you mean password?' }]],
    [{ usrname: 'x' }, [{ pointer: '/usrname', detail: 'is not known; did you mean username?' }]]
  ]
  for (const [changes, errors] of cases) {
    const answer = await call('POST', '/api/auth/register', { body: { ...account, ...changes } })
    t.strictSame(
      answer.body,
      expectedProblem(answer, 400, 'validation_failed', { errors }),
      JSON.stringify(changes)
    )
  }
  const none = await call('POST', '/api/auth/register')
  const errors = [{ pointer: '', detail: 'must be of type object' }]
  t.strictSame(none.body, expectedProblem(none, 400, 'validation_failed', { errors }))
})

t.test('the limits of each field are accepted', async t => {
  const { call } = await serve(t)
  const cases = [
    { username: 'a.b', email: 'a@b.co', password: 'kX9#mQ2v' },
    {
      username: 'x'.repeat(32),
      email: `${'a'.repeat(64)}@${'b.'.repeat(93)}com`,
      password: 'four random words '.padEnd(128, '.')
    },
    { username: '_._', email: 'b+c@b.co', password: '🔑🍎🚗🎸🐢🌵🎩🐙' }
  ]
  for (const body of cases) t.equal((await call('POST', '/api/auth/register', { body })).status, 201)
})

t.test('[V6.2] the minimum length of a password is a setting', async t => {
  const { call } = await serve(t, { PASSWORD_MIN_LENGTH: '15' })
  const answer = await call('POST', '/api/auth/register', { body: { ...account, password: 'x'.repeat(14) } })
  const errors = [{ pointer: '/password', detail: 'is not accepted; give 15 to 128 characters of any kind' }]
  t.strictSame(answer.body, expectedProblem(answer, 400, 'validation_failed', { errors }))
})

t.test('the answer to a body with thousands of faults lists a hundred', async t => {
  const { call } = await serve(t)
  const body = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`f${index}`, 1]))
  const answer = await call('POST', '/api/auth/register', { body })
  t.equal(answer.status, 400)
  t.equal(answer.body.errors.length, 100)
})
