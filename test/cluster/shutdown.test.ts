import { once } from 'node:events'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { stop } from '../support/process.ts'
import { openTwoClients, startTwoWorkers, toAccount } from './two-workers.ts'

t.test(
  'SIGTERM to all of its processes: not ready first, all that was accepted is answered, and it ends',
  async t => {
    const { child, url, log, pids } = await startTwoWorkers(t, { SHUTDOWN_DELAY: '1' }, true)
    const [one, other] = openTwoClients(t, url)
    for (const call of [one, other]) t.match(await call('GET', '/health/ready'), { status: 200 })
    const headers = { 'content-type': 'application/json', expect: '100-continue' }
    const requests = Array.from({ length: 20 }, () =>
      request(`${url}/api/auth/register`, { method: 'POST', headers })
    )
    for (const each of requests) each.flushHeaders()
    await Promise.all(requests.map(each => once(each, 'continue')))
    // As systemd and terminals do.
    for (const pid of [...pids, Number(child.pid)]) process.kill(pid, 'SIGTERM')
    for (const call of [one, other]) {
      let answer = await call('GET', '/health/ready')
      while (answer.status === 200) answer = await call('GET', '/health/ready')
      t.match(answer, { status: 503, body: { code: 'shutting_down' } })
    }
    const statuses = await Promise.all(
      requests.map(async (each, index) => {
        each.end(JSON.stringify(toAccount(`user${index}`)))
        const [response] = await once(each, 'response')
        return response.resume().statusCode
      })
    )
    t.strictSame(new Set(statuses), new Set([201]))
    t.equal(child.exitCode ?? (await once(child, 'exit'))[0], 0)
    t.strictSame(
      log.filter(({ level, err }) => Number(level) > 30 && !JSON.stringify(err).includes('shutting down')),
      []
    )
  }
)

t.test('it ends within its limit, whatever a worker does', async t => {
  const { child, pids } = await startTwoWorkers(t, { SHUTDOWN_TIMEOUT: '1' }, true)
  process.kill(Number(pids[1]), 'SIGSTOP')
  const begin = performance.now()
  t.equal(await stop(child, 'SIGTERM'), 1)
  const ms = performance.now() - begin
  t.ok(ms > 900 && ms < 7000, `${ms} ms`)
  for (const pid of pids) while (isAlive(pid)) await sleep(10)
})

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

t.test('a worker that is killed while it ends is told by the exit code', async t => {
  const { child, pids } = await startTwoWorkers(t, {}, true)
  process.kill(Number(pids[1]), 'SIGSTOP')
  child.kill('SIGTERM')
  while (isAlive(Number(pids[0]))) await sleep(10)
  process.kill(Number(pids[1]), 'SIGKILL')
  t.strictSame(await once(child, 'exit'), [1, null])
})
