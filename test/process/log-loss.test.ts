import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { freePort } from '../support/free-port.ts'
import { PROGRAM, runOnSignal, send, stop, toImportOption } from '../support/process.ts'
import type { Settings } from '../support/service.ts'

/** Starts the service with its log elsewhere; gives what it says on standard error. */
async function startWithout(t: Test, stdout: number | 'pipe', settings: Settings = {}) {
  const port = await freePort()
  const args = [...toImportOption(runOnSignal("throw new Error('no')")), PROGRAM, 'serve']
  const env = { PATH: process.env.PATH, PORT: `${port}`, DATABASE_URL: ':memory:', ...settings }
  const child = spawn(process.execPath, args, { cwd: t.testdir(), env, stdio: ['ignore', stdout, 'pipe'] })
  t.teardown(() => stop(child, 'SIGKILL'))
  child.stdout?.destroy()
  const said = text(child.stderr as Readable)
  const url = `http://127.0.0.1:${port}`
  while (!(await fetch(`${url}/health/live`).catch(() => undefined))) await sleep(20)
  await sleep(300)
  return { child, url, said }
}

const BROKEN = {
  'a full disk': [() => openSync('/dev/full', 'w'), 'no space left on device (ENOSPC)'],
  'a closed pipe': [() => 'pipe' as const, 'broken pipe (EPIPE)']
} as const

for (const [what, [open, why]] of Object.entries(BROKEN))
  t.test(`the service outlives its log: ${what}`, { skip: process.platform !== 'linux' }, async t => {
    const lost = `The log cannot be written: ${why}. Its lines are lost until it can.\n`
    const first = await startWithout(t, open())
    t.equal((await send(`${first.url}/health/live`)).status, 200)
    t.equal(await stop(first.child, 'SIGTERM'), 0)
    t.equal(await first.said, lost)

    const second = await startWithout(t, open())
    t.equal(await stop(second.child, 'SIGUSR1'), 70)
    t.match(await second.said, `${lost}an error outside any request ends the process: Error: no\n    at`)
  })

t.test('who has turned the log off is told by standard error', async t => {
  const { child, said } = await startWithout(t, openSync('/dev/null', 'w'), { LOG_LEVEL: 'silent' })
  t.equal(await stop(child, 'SIGUSR1'), 70)
  t.match(await said, /^an error outside any request ends the process: Error: no\n/)
})
