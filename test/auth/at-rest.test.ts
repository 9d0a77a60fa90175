import type { Table } from 'drizzle-orm'
import t from 'tap'
import { allTables } from '../../src/features.ts'
import { PASSWORD, SECRET, serve } from '../support/service.ts'

t.test('nothing in the database signs anybody in: no password, no token, no key', async t => {
  const { app, call, clock, signUp } = await serve(t)
  const first = await signUp()
  clock.advance(300)
  const key = 'a key of an idempotent request'
  const { accessToken, refreshToken, user } = first
  const { body: second } = await call('POST', '/api/auth/refresh', {
    body: { accessToken, refreshToken },
    headers: { 'idempotency-key': key }
  })
  await call('POST', '/api/auth/login', { body: { email: user.email, password: 'a wrong password' } })

  const { db, kit } = app.store
  const tables = allTables(kit)
  const rows: object[] = []
  for (const table of Object.values(tables) as Table[])
    rows.push(
      ...(await db
        .select()
        .from(table as never)
        .execute())
    )
  const content = JSON.stringify(rows)
  t.ok(content.includes(user.email), 'the rows are found')
  t.match(content, '$argon2id$')
  const secrets = [PASSWORD, 'a wrong password', SECRET, key]
  for (const pair of [first, second]) {
    secrets.push(pair.accessToken, pair.refreshToken, ...pair.accessToken.split('.').slice(1))
    // Of a refresh token the MAC is the secret; the session id before it is the name of a row.
    secrets.push(pair.refreshToken.slice(-20))
  }
  for (const secret of secrets) t.notOk(content.includes(secret), secret)
})
