import Database from 'better-sqlite3'
import { sql } from 'drizzle-orm'
import t from 'tap'
import packageFile from '../../package.json' with { type: 'json' }
import { sqliteKit } from '../../src/db/columns.ts'
import { openDrizzle } from '../../src/db/sqlite/drizzle.ts'
import { allTables } from '../../src/features.ts'

const connection = new Database(':memory:')
connection.exec(
  'create table throttles (id text, failures integer, blocked_until integer, updated_at integer)'
)
t.teardown(() => connection.close())

/*
 * `src/db/sqlite/drizzle.ts` reads private parts of a prepared query, and `src/db/postgres/engine.ts` gives Drizzle a pool
 * that has `query` and nothing else. With another version, look at both before you change the number here.
 */
t.test('Drizzle is of the version whose private parts are known', async t => {
  t.equal(packageFile.dependencies['drizzle-orm'], '0.45.4')
  const { throttles } = allTables(sqliteKit)
  const query = openDrizzle(connection)
    .select({ id: throttles.id })
    .from(throttles)
    .where(sql`${throttles.id} = ${sql.placeholder('id')}`)
  t.match(query.prepare('name'), {
    stmt: { source: 'select "id" from "throttles" where "throttles"."id" = +?' },
    fields: [{ path: ['id'], field: { name: 'id' } }],
    getQuery: Function
  })
})
