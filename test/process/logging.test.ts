import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import pino from 'pino'
import pretty from 'pino-pretty'
import t from 'tap'
import { readConfig } from '../../src/config/config.ts'
import { closeLog, createLogger, createLoggerOptions, isLogReadable } from '../../src/process/logging.ts'
import { send, start } from '../support/process.ts'

t.test('the log is pretty on a terminal, and only there', async t => {
  const config = readConfig({ LOG_LEVEL: 'warn' })
  const forMachines = createLoggerOptions(config, false)
  t.match(forMachines, { level: 'warn', stream: { fd: 1, sync: false } })
  t.notOk('transport' in forMachines)
  const forPeople = createLoggerOptions(config, true)
  t.match(forPeople, { level: 'warn', transport: { target: 'pino-pretty' } })
  await closeLog(forPeople)
})

t.test('a log outside the service is as loud as the one within, for machines and for people', async t => {
  const file = `${t.testdir()}/log`
  const stream = pino.destination({ dest: file, sync: true })
  const log = createLogger({ level: 'warn', stream })
  log.info('not told')
  log.warn('told')
  t.match(JSON.parse(readFileSync(file, 'utf8')), { level: 40, msg: 'told' })
  t.equal(createLogger(createLoggerOptions(readConfig({ LOG_LEVEL: 'silent' }), true)).level, 'silent')
})

t.test('on a terminal an entry is a line, but for an error, whose stack has its own', async t => {
  const logging = createLoggerOptions(readConfig({}), true)
  const options = 'transport' in logging ? logging.transport.options : {}
  const written = pretty.prettyFactory({ ...options, translateTime: "'12:00'", colorize: false })
  const show = (entry: object) =>
    written(JSON.stringify({ level: 30, time: 0, pid: 1, hostname: 'a', ...entry }))
  const request = { method: 'GET', path: '/api/todos', status: 200, ms: 1.2, ip: '::1' }
  t.equal(
    show({ reqId: 'abc', ...request, msg: 'request' }),
    '[12:00] INFO: request GET /api/todos 200 in 1.2 ms {"reqId":"abc","ip":"::1"}\n'
  )
  t.equal(show({ msg: 'Latchkey listens' }), '[12:00] INFO: Latchkey listens\n')
  t.equal(show({ sessions: 2, msg: 'removed' }), '[12:00] INFO: removed {"sessions":2}\n')
  const err = { type: 'TypeError', message: 'no', stack: 'TypeError: no\n    at a (b.ts:1:1)' }
  t.match(
    show({ level: 50, reqId: 'abc', err, msg: 'failed' }),
    /^.*ERROR: failed {"reqId":"abc"}\n.*\n\s+at a/s
  )
})

t.test('at the end, the last line is written', async t => {
  const file = `${t.testdir()}/log`
  const stream = pino.destination({ dest: file, sync: false })
  const log = pino(stream)
  for (let line = 1; line <= 1000; line++) log.info('x'.repeat(100))
  log.info('the last one')
  await closeLog({ level: 'info', stream })
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

t.test('lines of several processes stay whole, however slowly they are read', async t => {
  const from = (file: string) => JSON.stringify(new URL(file, import.meta.url).href)
  const program = `
    const { default: pino } = await import(${JSON.stringify(import.meta.resolve('pino'))})
    const { closeLog, createLoggerOptions } = await import(${from('../../src/process/logging.ts')})
    const logging = createLoggerOptions({ log: { level: 'info' } }, false, true)
    const log = pino(logging, logging.stream)
    for (let line = 0; line < 500; line += 1) log.info('x'.repeat(line))
    await closeLog(logging)`
  // The pipe is full long before somebody reads from it.
  const shell = 'for n in 1 2 3; do "$0" --input-type=module --eval "$1" & done | (sleep 1; cat)'
  const output = execFileSync('sh', ['-c', shell, process.execPath, program], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH }
  })
  const lines = output.trimEnd().split('\n')
  t.equal(lines.length, 1500)
  for (const line of lines) t.match(JSON.parse(line).msg, /^x*$/)
})

t.test('whether the log is heard is known, and comes back', async t => {
  const logging = createLoggerOptions(readConfig({}), false)
  if (!('stream' in logging)) throw new Error('it is not for a terminal')
  t.equal(isLogReadable(logging), true)
  logging.stream.emit('drop', 'a line')
  logging.stream.emit('drop', 'another one')
  t.equal(isLogReadable(logging), false, 'as many lines wait as may')
  await closeLog(logging)
  logging.stream.emit('write', 1)
  t.equal(isLogReadable(logging), true)
  t.equal(isLogReadable(createLoggerOptions(readConfig({ LOG_LEVEL: 'silent' }), true)), false)
})

t.test(
  'a last line that cannot be written is not waited for',
  { skip: process.platform !== 'linux' },
  async t => {
    const stream = pino.destination({ dest: '/dev/full', sync: false })
    await once(stream, 'ready')
    pino(stream).info('lost')
    await closeLog({ level: 'info', stream })
    t.equal(isLogReadable({ level: 'info', stream }), false)
    stream.destroy()
  }
)
