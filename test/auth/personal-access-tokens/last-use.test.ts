import type { Table } from 'drizzle-orm'
import t from 'tap'
import { personalAccessTokenStatements } from '../../../src/auth/personal-access-tokens/statements.ts'
import { allTables } from '../../../src/features.ts'
import { serveOwner } from './token-service.ts'

t.test('the last use is known to the hour', async t => {
  const { app, call, clock, own, create } = await serveOwner(t, { ACCESS_TOKEN_TTL: '86400' })
  const { id, token } = await create()
  const lastUse = async () => {
    await app.personalAccessTokens.drain()
    return (await own('GET', `/tokens/${id}`)).body.lastUsedAt
  }
  t.equal(await lastUse(), null)
  clock.advance(90 * 60)
  await Promise.all(Array.from({ length: 5 }, () => call('GET', '/api/todos', { token })))
  t.equal(await lastUse(), '2026-01-01T01:00:00.000Z')
  clock.advance(29 * 60)
  await call('GET', '/api/todos', { token })
  t.equal(await lastUse(), '2026-01-01T01:00:00.000Z')
  clock.advance(60)
  await call('POST', '/api/todos', { token, body: { title: 'x' } })
  t.equal(await lastUse(), '2026-01-01T02:00:00.000Z')
  clock.advance(-3600)
  await call('GET', '/api/todos', { token })
  t.equal(await lastUse(), '2026-01-01T02:00:00.000Z', 'a clock that was put back changes nothing')
})

t.test('a use that cannot be recorded is logged, once an hour, and refuses nothing', async t => {
  const { app, call, clock, lines, create } = await serveOwner(t)
  const { token } = await create()
  const { recordUse } = personalAccessTokenStatements(app.store)
  Object.assign(recordUse, { execute: async () => Promise.reject(new Error('the disk is full')) })
  const warning = {
    msg: 'The last use of a personal access token was not recorded',
    err: { message: 'the disk is full' }
  }
  for (const warnings of [[warning], [warning, warning]]) {
    for (const _ of [1, 2, 3]) t.equal((await call('GET', '/api/todos', { token })).status, 200)
    await app.personalAccessTokens.drain()
    const entries = lines.map(line => JSON.parse(line)).filter(({ level }) => level === 40)
    t.match(entries, warnings)
    t.equal(entries.length, warnings.length)
    clock.advance(3600)
  }
})

t.test('nothing in the database is a token', async t => {
  const { app, call, create } = await serveOwner(t)
  const { token } = await create()
  await call('GET', '/api/todos', { token })
  const { db, kit } = app.store
  const rows: object[] = []
  for (const table of Object.values(allTables(kit)) as Table[])
    rows.push(
      ...(await db
        .select()
        .from(table as never)
        .execute())
    )
  const content = JSON.stringify(rows)
  t.match(content, '"name":"script"')
  t.notMatch(content, 'lkp_')
  t.notMatch(content, token.slice(4, 47))
})
