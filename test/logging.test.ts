import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import pino from 'pino'
import t from 'tap'
import { readConfig } from '../src/config.ts'
import { endOf, loggingOf } from '../src/logging.ts'
import { send, start } from './process.ts'

t.test('the log is pretty on a terminal, and only there', async t => {
  const config = readConfig({ LOG_LEVEL: 'warn' })
  const forMachines = loggingOf(config, false)
  t.match(forMachines, { level: 'warn', stream: { fd: 1, sync: false } })
  t.notOk('transport' in forMachines)
  const forPeople = loggingOf(config, true)
  t.match(forPeople, { level: 'warn', transport: { target: 'pino-pretty' } })
  await endOf(forPeople)
})

t.test('at the end, the last line is written', async t => {
  const file = `${t.testdir()}/log`
  const stream = pino.destination({ dest: file, sync: false })
  const log = pino(stream)
  for (let line = 1; line <= 1000; line++) log.info('x'.repeat(100))
  log.info('the last one')
  await endOf({ level: 'info', stream })
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  t.equal(lines.length, 1001)
  t.match(JSON.parse(lines.at(-1) ?? ''), { msg: 'the last one' })
})

t.test('a process that is told to end has logged every request that it answered', async t => {
  const { child, url, log } = await start(t, t.testdir(), {}, true)
  await Promise.all(Array.from({ length: 200 }, () => send(`${url}/health/live`)))
  child.kill('SIGTERM')
  await once(child, 'close')
  t.equal(log.filter(({ msg }) => msg === 'request').length, 200)
  t.equal(child.exitCode, 0)
})
