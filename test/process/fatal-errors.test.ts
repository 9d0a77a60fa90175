import { once } from 'node:events'
import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import { sanitizeError } from '../../src/process/fatal-errors.ts'
import { startTwoWorkers, waitForLog } from '../cluster/two-workers.ts'
import { freePort } from '../support/free-port.ts'
import { launch, runOnSignal, send, start, stop, toImportOption } from '../support/process.ts'
import { SECRET } from '../support/service.ts'

const UNREADABLE = { type: 'Error', message: 'what was thrown cannot be read' }

const FAULTS = {
  "throw new RangeError('no')": { type: 'RangeError', message: 'no' },
  'throw undefined': { type: 'Error', message: 'undefined' },
  "throw { secret: 'x' }": { type: 'Error', message: "{ secret: 'x' }" },
  "Promise.reject(new TypeError('no', { cause: new Error('why') }))": {
    type: 'TypeError',
    message: 'no: why'
  },
  'Promise.reject()': { message: /reason "undefined"/ },
  "throw Object.assign(new Error('no'), { code: 'E_NO', detail: 'Key (email)=(ada@example.org)' })": {
    message: 'no',
    code: 'E_NO',
    detail: undefined
  },
  "throw new Proxy({}, { getPrototypeOf() { throw new Error('trap') } })": UNREADABLE
}

t.test('an error that cannot be read is replaced, and never hides that there was one', async t => {
  const throwing = {
    get() {
      throw new Error('trap')
    }
  }
  const fail = () => throwing.get()
  const unreadable: Record<string, unknown> = {
    'a getter of the message': Object.defineProperty(new Error('no'), 'message', throwing),
    'a message that is no text': Object.assign(new Error('no'), { message: { toString: fail } }),
    'a getter of a cause': new Error('no', {
      cause: Object.defineProperty(new Error('why'), 'message', throwing)
    }),
    'an own way to be inspected': { [inspect.custom]: fail }
  }
  for (const [name, thrown] of Object.entries(unreadable))
    t.match(sanitizeError(thrown), { message: UNREADABLE.message }, name)
})

t.test('what nobody has caught outside any request is the last line of the log', async t => {
  const cwd = t.testdir()
  const settings = { DATABASE_URL: ':memory:', JWT_SECRET: SECRET }
  await Promise.all(
    Object.entries(FAULTS).map(async ([fault, err]) => {
      const isCounted = fault === 'throw undefined'
      const { child, log, url } = await start(t, cwd, settings, isCounted, toImportOption(runOnSignal(fault)))
      t.equal((await send(`${url}/health/live`)).status, 200)
      child.kill('SIGUSR1')
      await once(child, 'close')
      const what = fault.startsWith('throw') ? 'an error' : 'a rejection'
      t.match(
        log.at(-1),
        { level: 60, msg: `${what} outside any request ends the process`, err: { stack: /./, ...err } },
        fault
      )
      t.strictSame([child.exitCode, child.signalCode], [70, null], fault)
    })
  )
})

/** Runs the service, in which a signal sets off a fault, to its end. */
async function runToFault(t: Test, fault: string) {
  const { child, log } = await start(
    t,
    t.testdir(),
    { DATABASE_URL: ':memory:' },
    true,
    toImportOption(fault)
  )
  child.kill('SIGUSR1')
  await once(child, 'close')
  return { child, log }
}

t.test('values of a statement are not in the last line', async t => {
  const fault = `
    const { DrizzleQueryError } = await import(${JSON.stringify(import.meta.resolve('drizzle-orm'))})
    ${runOnSignal("throw new DrizzleQueryError('select ?', ['a secret'], new Error('the connection is gone'))")}`
  const { log } = await runToFault(t, fault)
  t.match(log.at(-1), { level: 60, err: { message: 'a statement: the connection is gone' } })
  t.notOk(JSON.stringify(log).includes('a secret'))
})

t.test('a second error ends it at once, a signal meanwhile does not hide the first', async t => {
  for (const also of ["throw new Error('two')", "process.kill(process.pid, 'SIGTERM')"]) {
    const fault = runOnSignal(`setTimeout(() => { ${also} }); throw new Error('one')`)
    const { child, log } = await runToFault(t, fault)
    const fatal = log.filter(({ level }) => level === 60)
    t.match(fatal[0], { err: { message: 'one' } })
    if (also.startsWith('throw')) t.match(fatal[1], { err: { message: 'two' } })
    t.equal(child.exitCode, 70, also)
  }
})

t.test('an error while it starts is said, too', async t => {
  const settings = {
    DATABASE_URL: `postgres://127.0.0.1:${await freePort()}/nothing`,
    JWT_SECRET: SECRET
  }
  const child = launch(
    ['serve'],
    t.testdir(),
    settings,
    true,
    toImportOption(runOnSignal("throw new Error('early')"))
  )
  t.teardown(() => stop(child, 'SIGKILL'))
  let said = ''
  child.stdout.setEncoding('utf8').on('data', data => {
    if (said === '') child.kill('SIGUSR1')
    said += data
  })
  await once(child, 'close')
  t.match(said, /"level":60,.*"message":"early"/)
  t.equal(child.exitCode, 70)
})

t.test('a worker says what ends it, and so does the process that starts them', async t => {
  const first = await startTwoWorkers(t, {}, true, toImportOption(runOnSignal("throw new Error('no')")))
  process.kill(Number(first.pids[1]), 'SIGUSR1')
  const died = await waitForLog(first.log, ({ msg }) => `${msg}`.startsWith('a worker died'))
  t.match(died, { worker: 2, code: 70 })
  t.match(
    first.log.filter(({ level }) => level === 60),
    [{ pid: first.pids[1], err: { message: 'no' } }]
  )
  first.child.kill('SIGUSR1')
  await once(first.child, 'close')
  t.match(first.log.filter(({ level }) => level === 60)[1], { pid: first.child.pid, err: { message: 'no' } })
  t.equal(first.child.exitCode, 70)
  for (const pid of first.pids) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

t.test('a warning of Node is a line of the log', async t => {
  const fault = runOnSignal("process.emitWarning('mind this')")
  const { child, log } = await start(
    t,
    t.testdir(),
    { DATABASE_URL: ':memory:' },
    true,
    toImportOption(fault)
  )
  child.kill('SIGUSR1')
  const warning = await waitForLog(log, ({ level }) => level === 40)
  t.match(warning, { msg: 'a warning of Node', err: { message: 'mind this' } })
  t.equal(await stop(child, 'SIGTERM'), 0)
})
