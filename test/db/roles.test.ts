import t from 'tap'
import { openStore } from '../../src/db/store.ts'
import { createDatabase, query } from '../support/databases.ts'
import { PASSWORD, serve } from '../support/service.ts'

const SERVER = process.env.TEST_DATABASE_URL

t.test(
  'a role that may not change tables serves once an owner has migrated',
  { skip: !SERVER && 'needs PostgreSQL' },
  async t => {
    const url = await createDatabase(SERVER as string)
    const role = `server_${process.pid}`
    await query(
      url,
      `create role ${role} login password 'x';
      create schema drizzle;
      grant usage on schema drizzle to ${role};
      alter default privileges in schema drizzle grant select on tables to ${role};
      alter default privileges in schema public grant select, insert, update, delete on tables to ${role};
      alter default privileges in schema public grant usage on sequences to ${role}`
    )
    t.teardown(() => query(url, `drop owned by ${role}; drop role ${role}`))
    const owner = await openStore({ url, poolMax: 1, now: () => new Date(), log: { warn() {} } })
    await owner.close()

    const served = Object.assign(new URL(url), { username: role, password: 'x' }).href
    const { app, call, signUp } = await serve(t, { DATABASE_URL: served })
    const { accessToken: token, user } = await signUp()
    t.equal((await call('POST', '/api/todos', { token, body: { title: 'x' } })).status, 201)
    t.equal((await call('GET', '/api/todos?q=x', { token })).body.items.length, 1)
    t.equal((await call('GET', '/health/ready')).status, 200)
    const body = { email: user.email, password: PASSWORD }
    t.equal((await call('POST', '/api/auth/login', { body })).status, 200)
    t.equal((await call('DELETE', '/api/auth/me', { token, body: { password: PASSWORD } })).status, 204)
    await t.rejects(query(served, 'create table x (id text)'), { code: '42501' })
    await app.close()
  }
)
