import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { createReplacementPolicy } from '../../src/cluster/replacements.ts'
import { send, stop, toImportOption } from '../support/process.ts'
import {
  isListening,
  openClient,
  openTwoClients,
  startTwoWorkers,
  toAccount,
  waitForLog
} from './two-workers.ts'

/** Makes each process that becomes worker 2 kill itself at once, but for the first: a file tells that there was one. */
const KILL_REPLACEMENTS = `
  const { existsSync, writeFileSync } = await import('node:fs')
  if (process.env.LATCHKEY_WORKER === '2') {
    if (existsSync('first')) process.kill(process.pid, 'SIGKILL')
    writeFileSync('first', '')
  }`

t.test(
  'a worker that is killed loses no write that was acknowledged, and another one takes its place',
  async t => {
    const { child, url, log, pids } = await startTwoWorkers(t)
    const { body: pair } = await send(`${url}/api/auth/register`, { body: toAccount('ada') })
    const token = pair.accessToken
    const acknowledged: string[] = []
    let isKilled = false
    async function write(call: ReturnType<typeof openClient>) {
      while (acknowledged.length < 400) {
        const { status, body } = await call('POST', '/api/todos', { token, body: { title: 'x' } })
        if (status !== 201) throw new Error(`${status}`)
        acknowledged.push(body.id)
        if (acknowledged.length > 100 && !isKilled) isKilled = process.kill(Number(pids[1]), 'SIGKILL')
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: 8 }, () => write(openClient(t, url))))
    const went = new Set(ends.map(({ status }) => status))
    t.strictSame(went, new Set(['fulfilled', 'rejected']), 'the other one goes on writing')

    const died = await waitForLog(log, ({ msg }) => msg === 'a worker died; another one takes its place')
    t.match(died, { level: 50, worker: 2, code: null, signal: 'SIGKILL', pid: child.pid })
    const next = await waitForLog(log, entry => isListening(2)(entry) && entry.pid !== pids[1])
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

t.test('a connection that was on its way to a worker ends when the worker is killed', async t => {
  const { child, url, pids } = await startTwoWorkers(t, {}, true)
  const worker = Number(pids[1])
  process.kill(worker, 'SIGSTOP')
  const requests = openTwoClients(t, url).map(call => call('GET', '/health/live'))
  t.match(await Promise.race(requests), { status: 200 })
  process.kill(worker, 'SIGKILL')
  const ends = (await Promise.allSettled(requests)).map(({ status }) => status).sort()
  t.strictSame(ends, ['fulfilled', 'rejected'])
  t.equal(await stop(child, 'SIGTERM'), 0)
})

const DIED_EARLY = 'a worker died before it listened; another one is started after a pause'

t.test('a worker that cannot be replaced leaves the others serving, and is tried again', async t => {
  const { child, cwd, log, pids, url } = await startTwoWorkers(t, {}, true)
  writeFileSync(`${cwd}/.env`, 'ACCESS_TOKEN_TTL=a while\n')
  process.kill(Number(pids[1]), 'SIGKILL')
  const failed = await waitForLog(log, ({ msg }) => msg === DIED_EARLY)
  t.match(failed, { level: 50, worker: 2, code: 78, signal: null, pauseMs: 1000, pid: child.pid })
  t.equal((await send(`${url}/health/live`)).status, 200)

  rmSync(`${cwd}/.env`)
  await waitForLog(log, entry => isListening(2)(entry) && entry.pid !== pids[1])
  t.equal(await stop(child, 'SIGTERM'), 0)
})

t.test('a replacement that is killed before it listens does not end the service', async t => {
  const { child, log, pids, url } = await startTwoWorkers(t, {}, true, toImportOption(KILL_REPLACEMENTS))
  process.kill(Number(pids[1]), 'SIGKILL')
  const died = await waitForLog(log, ({ msg, pauseMs }) => msg === DIED_EARLY && pauseMs === 1000)
  t.match(died, { level: 50, worker: 2, code: null, signal: 'SIGKILL', pid: child.pid })
  await waitForLog(log, ({ msg, pauseMs }) => msg === DIED_EARLY && pauseMs === 2000)
  t.equal((await send(`${url}/health/live`)).status, 200)
  t.equal(await stop(child, 'SIGTERM'), 0, 'no pause delays the end')
})

t.test('the service ends when no worker serves and none can be replaced, and says why', async t => {
  const { child, cwd, log, pids } = await startTwoWorkers(t, {}, true)
  writeFileSync(`${cwd}/.env`, 'ACCESS_TOKEN_TTL=a while\n')
  for (const pid of pids) process.kill(Number(pid), 'SIGKILL')
  t.strictSame(await once(child, 'close'), [78, null])
  t.match(
    log.find(({ level }) => level === 60),
    { code: 78, signal: null, pid: child.pid, msg: 'a worker died before it listened; the service ends' }
  )
  for (const pid of pids) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

t.test('the pause before a replacement grows up to half a minute', async t => {
  const policy = createReplacementPolicy()
  const exit = { number: 2, signal: null, isServed: true }
  const kill = { ...exit, signal: 'SIGKILL' }
  t.equal(policy.getPause(exit), undefined, 'at the start a fault of the configuration ends the service')
  t.strictSame(
    Array.from({ length: 7 }, () => policy.getPause(kill)),
    [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]
  )
  t.equal(policy.getPause({ ...kill, number: 1 }), 1000, 'each worker has a pause of its own')
  policy.noteServing(2)
  t.strictSame([policy.getPause(exit), policy.getPause(kill)], [1000, 2000])
  for (const death of [exit, kill]) t.equal(policy.getPause({ ...death, isServed: false }), undefined)
})
