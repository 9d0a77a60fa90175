import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { SMTPServerOptions } from 'smtp-server'
import t, { type Test } from 'tap'
import { MailError } from '../../src/mail/mail.ts'
import { createSmtpTransport } from '../../src/mail/transport/smtp.ts'
import { answer, MESSAGE, SENDER, startMailServer } from './mail-server.ts'
import { openOutbox } from './outbox.ts'

const THREAD = new URL('../../src/mail/transport/smtp-thread.ts', import.meta.url)

/** A mail server, a transport to it, and the threads of that. */
async function open(t: Test, options?: SMTPServerOptions) {
  const server = await startMailServer(t, options)
  const threads: Worker[] = []
  const transport = createSmtpTransport(`smtp://127.0.0.1:${server.port}`, SENDER, undefined, workerData => {
    const thread = new Worker(THREAD, { workerData })
    threads.push(thread)
    return thread
  })
  t.teardown(transport.close)
  return { ...server, transport, threads }
}

/** A transport whose threads run a script. */
const openScript = (start: () => Worker) =>
  createSmtpTransport('smtp://127.0.0.1:1', SENDER, undefined, start)

t.test('a thread starts with the first message, sends all, and ends with the transport', async t => {
  const { transport, threads, received } = await open(t)
  t.strictSame(threads, [])
  t.equal(await transport.verify(), undefined)
  t.strictSame(await Promise.all([transport.send(MESSAGE), transport.send(MESSAGE)]), [
    '250 queued',
    '250 queued'
  ])
  t.equal(await transport.send(MESSAGE), '250 queued')
  t.equal(received.length, 3)
  t.equal(threads.length, 1)
  const ended = once(threads[0] as Worker, 'exit')
  transport.close()
  t.strictSame(await ended, [0])
  await t.rejects(transport.send(MESSAGE), new MailError('the service ends', false))
  transport.close()
  t.equal(threads.length, 1)
})

t.test('without a message there is no thread, and nothing to end', async t => {
  const { transport, threads } = await open(t)
  transport.close()
  t.strictSame(threads, [])
})

t.test('what a server refuses, and whether for good, is told as it is', async t => {
  const codes = [550, 451]
  const { transport, port } = await open(t, {
    onRcptTo: (_address, _session, callback) => callback(answer(codes.shift() ?? 0, 'go away'))
  })
  const said = `127.0.0.1:${port} refused the message`
  await t.rejects(transport.send(MESSAGE), new MailError(`${said}: 550 go away`, true))
  await t.rejects(transport.send(MESSAGE), new MailError(`${said}: 451 go away`, false))
  const { transport: away } = await open(t, {
    onConnect: (_session, callback) => callback(answer(421, 'busy'))
  })
  await t.rejects(away.verify(), { isPermanent: false, message: /421 busy$/ })
})

t.test(
  '[OUTBOX] the thread dies with a mail under way: it goes out again, with the same Message-ID',
  async t => {
    const { store: _, write, rows, clock, createTestSender } = await openOutbox(t)
    const { transport, threads, received, parse } = await open(t, {
      onData(stream, { envelope }, callback) {
        text(stream).then(source => {
          received.push({ recipients: envelope.rcptTo.map(({ address }) => address), source })
          if (received.length === 1) void threads[0]?.terminate()
          else callback(null)
        }, callback)
      }
    })
    const sender = createTestSender(transport.send)
    await write()
    await sender.drain()
    t.match(await rows(), [
      { attempts: 1, givenUpAt: null, lastError: 'the thread that sends mails has died (it ended by itself)' }
    ])
    clock.advance(10)
    await sender.drain()
    t.strictSame(await rows(), [])
    t.equal(threads.length, 2)
    const [first, second] = await parse()
    t.ok(first?.messageId)
    t.equal(second?.messageId, first?.messageId)
  }
)

t.test(
  'a thread that fails, or cannot be started, is an outage; the log gets no piece of a mail',
  async t => {
    const scripts: [string, string][] = [
      ['throw Object.assign(new Error("a secret"), { code: "ERR_OF_NODE" })', 'ERR_OF_NODE'],
      ['throw new TypeError("a secret")', 'TypeError'],
      ['Promise.reject(new RangeError("a secret"))', 'RangeError'],
      ['process.exit(1)', 'it ended by itself']
    ]
    for (const [script, cause] of scripts) {
      const transport = openScript(() => new Worker(script, { eval: true }))
      const outage = new MailError(`the thread that sends mails has died (${cause})`, false)
      const outcomes = await Promise.allSettled([transport.send(MESSAGE), transport.verify()])
      for (const outcome of outcomes) t.match(outcome, { status: 'rejected', reason: outage })
    }
    const full = openScript(() => {
      throw Object.assign(new Error('no thread'), { code: 'ERR_WORKER_INIT_FAILED' })
    })
    const outage = new MailError('the thread that sends mails has died (ERR_WORKER_INIT_FAILED)', false)
    await t.rejects(full.send(MESSAGE), outage)
  }
)

t.test('the end waits for a mail under way; one that hangs is broken off', async t => {
  const { write, rows, createTestSender } = await openOutbox(t)
  const { promise: hanging, resolve: tellHanging } = Promise.withResolvers<void>()
  const { transport, threads, received } = await open(t, {
    async onData(stream, { envelope }, callback) {
      const [{ address } = { address: '' }] = envelope.rcptTo
      received.push({ recipients: [address], source: await text(stream) })
      if (address.startsWith('hanging')) return tellHanging()
      await sleep(200)
      callback(null)
    }
  })
  const slow = createTestSender(transport.send)
  await write('slow@example.org')
  await slow.runOnce()
  await slow.stop(10_000)
  t.strictSame(await rows(), [])
  t.equal(received.length, 1)

  await write('hanging@example.org')
  const sender = createTestSender(transport.send, { transport })
  await sender.runOnce()
  await hanging
  const ended = once(threads[0] as Worker, 'exit')
  await sender.stop(10)
  t.strictSame(await ended, [0])
  t.match(await rows(), [{ attempts: 1, givenUpAt: null, lastError: /127\.0\.0\.1/ }])
})
