import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { emptyDatabase } from '../support/databases.ts'
import { send, start } from '../support/process.ts'
import { PASSWORD, SECRET } from '../support/service.ts'

const account = { username: 'ada', email: 'ada@example.org', password: PASSWORD }

/** Two processes on one database: a file that both have open, or a server. */
async function twoInstances(t: Parameters<typeof emptyDatabase>[0]) {
  const cwd = t.testdir()
  const database = await emptyDatabase(t)
  const DATABASE_URL = database === ':memory:' ? `file:${cwd}/latchkey.db` : database
  const settings = { DATABASE_URL, JWT_SECRET: SECRET, ACCESS_TOKEN_TTL: '2' }
  const [one, other] = await Promise.all([start(t, cwd, settings), start(t, cwd, settings)])
  return [one.url, other.url] as const
}

t.test('[RACE] [V7.4.1] two processes are one service', async t => {
  const [one, other] = await twoInstances(t)
  const { body: pair } = await send(`${one}/api/auth/register`, { body: account })
  const me = await send(`${other}/api/auth/me`, { token: pair.accessToken })
  t.strictSame(me, { status: 200, body: pair.user }, 'signed up on one, known to the other')

  const { body: todo } = await send(`${other}/api/todos`, { token: pair.accessToken, body: { title: 'x' } })
  t.strictSame((await send(`${one}/api/todos`, { token: pair.accessToken })).body.items, [todo])

  const { accessToken, refreshToken } = pair
  const refresh = (url: string) => send(`${url}/api/auth/refresh`, { body: { accessToken, refreshToken } })
  while ((await refresh(one)).status === 409) await sleep(100)
  // That refresh has won; the race is for the next pair.
  const taken = await refresh(other)
  t.match(taken, { status: 401, body: { code: 'refresh_token_used', action: 'use-latest' } })
})

t.test('[RACE] of 40 parallel refreshes of one pair over two processes one wins', async t => {
  const [one, other] = await twoInstances(t)
  const { body: pair } = await send(`${one}/api/auth/register`, { body: account })
  const { accessToken, refreshToken } = pair
  while ((await send(`${other}/api/auth/me`, { token: accessToken })).status === 200) await sleep(50)

  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      send(`${index % 2 ? one : other}/api/auth/refresh`, { body: { accessToken, refreshToken } })
    )
  )
  const winners = answers.filter(({ status }) => status === 200)
  t.equal(winners.length, 1)
  for (const loser of answers.filter(({ status }) => status !== 200))
    t.match(loser, { status: 401, body: { code: 'refresh_token_used', action: 'use-latest' } })

  const token = winners[0]?.body.accessToken
  t.equal((await send(`${other}/api/auth/me`, { token })).status, 200, 'the session lives')
  const logout = await fetch(`${one}/api/auth/logout`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` }
  })
  t.equal(logout.status, 204)
  t.match(
    await send(`${other}/api/auth/me`, { token }),
    { status: 401, body: { code: 'access_token_revoked' } },
    'logged out on one, refused on the other at once'
  )
})
