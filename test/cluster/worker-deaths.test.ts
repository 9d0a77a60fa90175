import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { send, stop } from '../support/process.ts'
import { isListening, openClient, startTwoWorkers, toAccount, waitForLog } from './two-workers.ts'

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

t.test('a worker that nothing can take the place of ends the service, which answers what it has', async t => {
  const { child, cwd, pids } = await startTwoWorkers(t, {}, true)
  writeFileSync(`${cwd}/.env`, 'ACCESS_TOKEN_TTL=a while\n')
  process.kill(Number(pids[0]), 'SIGKILL')
  t.strictSame(await once(child, 'exit'), [78, null])
  for (const pid of pids) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})
