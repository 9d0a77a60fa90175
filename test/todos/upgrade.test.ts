import Database from 'better-sqlite3'
import pg from 'pg'
import t, { type Test } from 'tap'
import { readPendingMigrations } from '../../src/db/migrations.ts'
import { createTodos } from '../../src/todos/todos.ts'
import { createDatabase } from '../support/databases.ts'
import { serve } from '../support/service.ts'

const SERVER = process.env.TEST_DATABASE_URL

/** Where statements can be run one after the other. */
interface Connection {
  url: string
  run: (sql: string) => Promise<unknown>
  end: () => Promise<unknown>
}

async function connect(t: Test): Promise<Connection> {
  if (SERVER) {
    const client = new pg.Client(await createDatabase(SERVER))
    await client.connect()
    await client.query('create schema drizzle')
    const url = `${new URL(`/${client.database}`, SERVER)}`
    return { url, run: sql => client.query(sql), end: () => client.end() }
  }
  const file = `${t.testdir()}/old.db`
  const connection = new Database(file)
  return { url: `file:${file}`, run: async sql => connection.exec(sql), end: async () => connection.close() }
}

/** A database of version 0.1, with somebody's three todos in it; the last one is somebody else's. */
async function oldDatabase(t: Test) {
  const { url, run, end } = await connect(t)
  const journal = SERVER ? 'drizzle.__drizzle_migrations' : '__drizzle_migrations'
  await run(`create table ${journal} (id integer, hash text not null, created_at bigint)`)
  for (const { sql, hash, folderMillis } of readPendingMigrations(SERVER ? 'postgres' : 'sqlite', 0).slice(
    0,
    2
  )) {
    for (const statement of sql) await run(statement)
    await run(`insert into ${journal} values (1, '${hash}', ${folderMillis})`)
  }
  const at = SERVER ? "'2026-01-01T00:00:00Z'" : Date.parse('2026-01-01T00:00:00Z')
  for (const name of ['ada', 'bob'])
    await run(`insert into users (id, username, email, username_key, email_key, password_hash, created_at)
      values ('${name}', '${name}', '${name}@b.example', '${name}', '${name}@b.example', '', ${at})`)
  const ids = [1, 2, 3, 4].map(n => `01a20996-fb6c-78b7-96ed-00000000000${n}`)
  for (const [n, id] of ids.entries())
    await run(`insert into todos (id, user_id, version, title, description, done, created_at, updated_at)
      values ('${id}', '${n === 3 ? 'bob' : 'ada'}', 7, 'Été ${n}', null, ${SERVER ? 'false' : 0}, ${at}, ${at})`)
  await end()
  return { url, ids }
}

t.test('todos of version 0.1 are in their order, can be found, and keep all that they were', async t => {
  const { url, ids } = await oldDatabase(t)
  for (const start of ['first', 'second']) {
    const { app } = await serve(t, { DATABASE_URL: url })
    const todos = createTodos(app.store, 'ada')
    const { items } = await todos.list({ limit: 10 })
    t.strictSame(
      items.map(({ id }) => id),
      ids.slice(0, 3),
      `the ${start} start`
    )
    const at = new Date('2026-01-01T00:00:00Z')
    t.match(items[1], {
      title: 'Été 1',
      description: null,
      done: false,
      due: null,
      priority: 'none',
      tags: [],
      createdAt: at,
      updatedAt: at,
      deletedAt: null,
      etag: `"${ids[1]}"`
    })
    const found = await todos.list({ limit: 10, q: 'ete 2', sort: 'title' })
    t.strictSame(
      found.items.map(({ id }) => id),
      [ids[2]]
    )
    await app.close()
  }
})
