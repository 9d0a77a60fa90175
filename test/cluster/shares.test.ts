import { existsSync, globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import t from 'tap'
import { buildApp } from '../../src/app.ts'
import { SINGLE_PROCESS } from '../../src/cluster/worker-context.ts'
import { readConfig } from '../../src/config/config.ts'
import { stop } from '../support/process.ts'
import { PASSWORD, SECRET } from '../support/service.ts'
import { startTwoWorkers } from './two-workers.ts'

t.test('[HASH] workers share the cores, and one of them is the janitor', async t => {
  const asked: number[] = []
  const getShare = (all: number) => {
    asked.push(all)
    return 1
  }
  const app = await buildApp({
    config: readConfig({ DATABASE_URL: ':memory:', JWT_SECRET: SECRET }),
    worker: { ...SINGLE_PROCESS, number: 2, isAlone: false, getShare }
  })
  t.teardown(() => app.close())
  await app.ready()
  t.strictSame(asked, [availableParallelism(), 10, 10_000], 'cores, connections to PostgreSQL and of clients')
  t.notOk(app.hasPlugin('janitor'))
  for (let n = 0; n < 3; n += 1) app.passwordHasher.hash(PASSWORD)
  t.strictSame(app.passwordHasher.load(), { running: 1, waiting: 2 })
})

t.test(
  '[HASH] each has threads for its share',
  { skip: !existsSync('/proc/self/task') && 'only Linux shows its threads' },
  async t => {
    const { child, pids } = await startTwoWorkers(t)
    const threads = (pid = 0) =>
      globSync(`/proc/${pid}/task/*/comm`).filter(file => /^libuv-worker/.test(readFileSync(file, 'utf8')))
    const share = Math.max(1, Math.floor(availableParallelism() / 2))
    for (const pid of pids) t.equal(threads(pid).length, share + 4)
    t.equal(await stop(child, 'SIGTERM'), 0)
  }
)
