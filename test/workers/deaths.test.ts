import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import t from 'tap'
import { refuse, send, stop } from '../process.ts'
import { account, client, listens, logged, startTwo } from './two-workers.ts'

t.test(
  'a worker that is killed loses no write that was acknowledged, and another one takes its place',
  async t => {
    const { child, url, log, pids } = await startTwo(t, {}, true)
    const { body: pair } = await send(`${url}/api/auth/register`, { body: account('ada') })
    const token = pair.accessToken
    const acknowledged: string[] = []
    let isKilled = false
    async function write(call: ReturnType<typeof client>) {
      while (acknowledged.length < 400) {
        const { status, body } = await call('POST', '/api/todos', { token, body: { title: 'x' } })
        t.equal(status, 201)
        acknowledged.push(body.id)
        if (acknowledged.length > 100 && !isKilled) isKilled = process.kill(Number(pids[1]), 'SIGKILL')
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: 8 }, () => write(client(t, url))))
    t.ok(
      ends.some(({ status }) => status === 'fulfilled'),
      'the other one goes on writing'
    )

    const died = await logged(log, ({ msg }) => msg === 'a worker died; another one takes its place')
    t.match(died, { level: 50, worker: 2, code: null, signal: 'SIGKILL', pid: child.pid })
    const next = await logged(log, entry => listens(2)(entry) && entry.pid !== pids[1])
    t.notOk(pids.includes(next.pid as number))

    const kept: string[] = []
    for (let cursor = ''; cursor !== 'null'; ) {
      const page = await send(`${url}/api/todos?limit=200${cursor && `&cursor=${cursor}`}`, { token })
      kept.push(...page.body.items.map(({ id }: { id: string }) => id))
      cursor = `${page.body.nextCursor}`
    }
    t.strictSame(
      acknowledged.filter(id => !kept.includes(id)),
      []
    )
    t.equal(await stop(child, 'SIGTERM'), 0)
  }
)

t.test('what is wrong at the start ends the service, said once, with its exit code', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as { port: number }
  const settings = { WEB_CONCURRENCY: '3', LOG_LEVEL: 'silent' }
  const taken = await refuse(t.testdir(), { ...settings, PORT: `${port}` })
  t.equal(taken.code, 74)
  t.match(taken.said, /^bind EADDRINUSE 127\.0\.0\.1:\d+\n$/)
  const metrics = await refuse(t.testdir(), { ...settings, METRICS_PORT: `${port}` })
  t.equal(metrics.code, 74)
  t.match(metrics.said, /^listen EADDRINUSE: address already in use 127\.0\.0\.1:\d+\n$/)
  const memory = await refuse(t.testdir(), { ...settings, DATABASE_URL: ':memory:' })
  t.equal(memory.code, 78)
  t.equal(
    memory.said,
    'WEB_CONCURRENCY: has to be 1 with DATABASE_URL=:memory:, as each process would have a database of its own.\n'
  )
})

t.test('a worker that nothing can take the place of ends the service, which answers what it has', async t => {
  const { child, cwd, pids } = await startTwo(t, {}, true)
  writeFileSync(`${cwd}/.env`, 'ACCESS_TOKEN_TTL=a while\n')
  process.kill(Number(pids[0]), 'SIGKILL')
  t.strictSame(await once(child, 'exit'), [78, null])
  for (const pid of pids) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})
