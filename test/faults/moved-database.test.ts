import { copyFileSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { expectedProblem, PASSWORD, serve } from '../support/service.ts'

const faults: [string, (file: string) => void][] = [
  ['removed', file => rmSync(file)],
  ['moved', file => renameSync(file, `${file}.aside`)],
  [
    'replaced by a copy',
    file => {
      copyFileSync(file, `${file}.copy`)
      renameSync(`${file}.copy`, file)
    }
  ],
  [
    'replaced by something else',
    file => {
      rmSync(file)
      writeFileSync(file, '')
    }
  ],
  ['bereft of its log', file => rmSync(`${file}-wal`)],
  ['bereft of its shared memory', file => rmSync(`${file}-shm`)]
]

for (const [what, fault] of faults)
  t.test(`a database that is ${what} under the service takes no writes, and is not ready`, async t => {
    const file = join(t.testdir(), 'latchkey.db')
    const { call, signUp, lines } = await serve(t, { DATABASE_URL: `file:${file}` })
    const { accessToken: token, user } = await signUp()
    const add = () => call('POST', '/api/todos', { token, body: { title: 'x' } })
    const { status, body: todo } = await add()
    t.equal(status, 201)
    t.equal((await call('GET', '/health/ready')).status, 200)

    fault(file)
    const credentials = { email: user.email, password: PASSWORD }
    for (const answer of [
      await add(),
      await call('POST', '/api/auth/login', { body: credentials }),
      // These may use the reserve of a full disk. Here it would have them acknowledged and lost.
      await call('DELETE', `/api/todos/${todo.id}?permanent=true`, { token }),
      await call('POST', '/api/auth/logout', { token }),
      await call('POST', '/api/auth/logout', { token, body: { scope: 'all' } }),
      await call('GET', '/health/ready')
    ]) {
      t.strictSame(
        answer.body,
        expectedProblem(answer, 503, 'database_unavailable', { action: 'retry-later' })
      )
      t.equal(answer.headers['retry-after'], '5')
    }
    t.equal((await call('GET', '/api/todos', { token })).body.items.length, 1, 'what was there can be read')
    t.ok(lines.some(line => line.includes(`${file}`) && line.includes('was removed, moved or replaced')))
  })

t.test('a database that is put back is written to again', async t => {
  const file = join(t.testdir(), 'latchkey.db')
  const { call, signUp } = await serve(t, { DATABASE_URL: `file:${file}` })
  const { accessToken: token } = await signUp()
  renameSync(file, `${file}.aside`)
  t.equal((await call('POST', '/api/todos', { token, body: { title: 'x' } })).status, 503)
  t.notOk(existsSync(file))
  renameSync(`${file}.aside`, file)
  t.equal((await call('POST', '/api/todos', { token, body: { title: 'x' } })).status, 201)
  t.equal((await call('GET', '/health/ready')).status, 200)
})
