import { sql } from 'drizzle-orm'
import t, { type Test } from 'tap'
import { prepareStatements } from '../../src/db/statements.ts'
import { openStore } from '../../src/db/store.ts'
import { allTables } from '../../src/features.ts'
import { createDatabase, query } from '../support/databases.ts'
import { startFakePooler } from './fake-pooler.ts'

const SERVER = process.env.TEST_DATABASE_URL
const skip = !SERVER && 'needs PostgreSQL'

const trial = prepareStatements('trial', allTables, (db, { users }) => ({
  now: db.select({ one: sql<number>`1` }).from(users),
  slow: db.select({ slept: sql`pg_sleep(9)` }).from(sql`(values (1)) as one`),
  hold: db.update(users).set({ username: sql`${users.username}` })
}))

async function open(t: Test, url: string) {
  const store = await openStore({ url, poolMax: 1, now: () => new Date(), log: { warn() {} } })
  t.teardown(() => store.close())
  return { store, ...trial(store) }
}

t.test('behind a pooler nothing is left to a connection', { skip }, async t => {
  const server = await createDatabase(SERVER as string)
  const pooler = await startFakePooler(t, server)
  const { store, slow, now, hold } = await open(t, pooler.url)
  const { users } = allTables(store.kit)
  const ada = {
    id: 'ada',
    username: 'ada',
    usernameKey: 'ada',
    email: 'a@b.example',
    emailKey: 'a@b.example',
    passwordHash: '',
    createdAt: new Date('2026-01-02T03:04:05.678Z')
  }
  await store.db.insert(users).values(ada).execute()
  await now.execute()
  await store.ping()
  t.match(await store.db.select().from(users).execute(), [ada], 'instants are read in our form')
  await store.atomically(hold.bind(), now.bind())
  t.type(
    await store.db
      .insert(users)
      .values(ada)
      .execute()
      .catch(error => error),
    Error,
    'what fails'
  )
  t.strictSame(await now.execute(), [{ one: 1 }], 'fails alone')

  const state = () =>
    store.db
      .select({
        timeout: sql`current_setting('statement_timeout')`,
        idle: sql`current_setting('idle_in_transaction_session_timeout')`,
        prepared: sql`(select count(*)::int from pg_prepared_statements)`
      })
      .from(users)
      .execute()
  t.strictSame(await state(), [{ timeout: '5s', idle: '5s', prepared: 0 }])
  await t.rejects(slow.execute(), { code: '57014' }, 'a statement has 5 seconds')
  t.strictSame(
    await query(pooler.url, "select current_setting('statement_timeout') as timeout"),
    [{ timeout: '0' }],
    'what is set ends with its transaction'
  )
  const parameters = ['user', 'database', 'application_name', 'client_encoding']
  t.strictSame(pooler.startUps.slice(0, 2), [parameters, parameters], 'and none is refused at the start-up')
})

t.test('a direct connection has the same settings, and keeps statements prepared', { skip }, async t => {
  const { store, now } = await open(t, await createDatabase(SERVER as string))
  await now.execute()
  const [state] = await store.db
    .select({
      timeout: sql`current_setting('statement_timeout')`,
      style: sql`current_setting('DateStyle')`,
      prepared: sql`(select count(*)::int from pg_prepared_statements)`
    })
    .from(sql`(values (1)) as one`)
    .execute()
  t.match(state, { timeout: '5s', style: /^ISO/, prepared: 1 })
})
