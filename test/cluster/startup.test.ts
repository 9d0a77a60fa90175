import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { runServe, stop } from '../support/process.ts'
import { startWithoutDatabase } from './two-workers.ts'

t.test('what is wrong at the start ends the service, said once, with its exit code', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as { port: number }
  const settings = { WEB_CONCURRENCY: '3', LOG_LEVEL: 'silent' }
  const cwd = t.testdir()
  const [taken, metrics, memory] = await Promise.all([
    runServe(cwd, { ...settings, PORT: `${port}` }),
    runServe(cwd, { ...settings, METRICS_PORT: `${port}` }),
    runServe(cwd, { ...settings, DATABASE_URL: ':memory:' })
  ])
  t.equal(taken.code, 74)
  t.match(taken.said, /^PORT: \d+ at 127\.0\.0\.1 is in use \(EADDRINUSE\)\.[^\n]*\n$/)
  t.equal(metrics.code, 74)
  t.match(metrics.said, /^METRICS_PORT: \d+ at 127\.0\.0\.1 is in use \(EADDRINUSE\)\.[^\n]*\n$/)
  t.equal(memory.code, 78)
  t.equal(
    memory.said,
    'WEB_CONCURRENCY: has to be 1 with DATABASE_URL=:memory:, as each process would have a database of its own.\n'
  )
})

t.test('a worker that is killed at its start ends the service', async t => {
  const { child, pid } = await startWithoutDatabase(t)
  process.kill(pid, 'SIGKILL')
  t.strictSame(await once(child, 'exit'), [1, null])
})

t.test('a service that is told to end while it starts does so at once', async t => {
  const { child } = await startWithoutDatabase(t)
  t.equal(await stop(child, 'SIGINT'), 0)
})
