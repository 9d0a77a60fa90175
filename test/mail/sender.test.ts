import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { mailOutcomes } from '../../src/mail/counters.ts'
import type { Message } from '../../src/mail/mail.ts'
import { createOutbox } from '../../src/mail/outbox.ts'
import { HOUR, openOutbox, permanent, sharedDatabase, temporary } from './outbox.ts'

// The sender's own timers keep no process alive.
const timer = setInterval(() => {}, 1000)
t.teardown(() => clearInterval(timer))

t.test('a mail that was sent is gone, and the log says what was sent, but not to whom', async t => {
  const { store, write, createTestSender, rows } = await openOutbox(t)
  await write()
  const [row] = await rows()
  const sent: Message[] = []
  const sender = createTestSender(async message => {
    sent.push(message)
    return '250 OK'
  })
  await sender.drain()
  t.strictSame(sent, [
    { id: row?.id, to: 'ada@example.org', subject: 'Hello', text: 'Hello Ada', html: '<p>Hello</p>' }
  ])
  t.strictSame(await rows(), [])
  t.strictSame(sender.log, [
    {
      level: 'info',
      message: 'a mail was sent',
      mail: row?.id,
      kind: 'greeting',
      attempts: 1,
      receipt: '250 OK'
    }
  ])
  t.strictSame([...store.counters.get(mailOutcomes)], [['sent', 1]])
  await sender.drain()
  t.equal(sent.length, 1)
})

t.test('a mail that has nothing to tell is dropped', async t => {
  const { store, write, createTestSender, rows } = await openOutbox(t)
  await write('nobody@example.org', { kind: 'silent' })
  await createTestSender(() => Promise.reject(permanent())).drain()
  t.strictSame(await rows(), [])
  t.strictSame([...store.counters.get(mailOutcomes)], [['dropped', 1]])
})

t.test('a mail that fails for now is tried again after growing pauses until its expiry', async t => {
  const { clock, write, createTestSender, rows } = await openOutbox(t)
  await write()
  let attempts = 0
  const sender = createTestSender(async () => {
    attempts += 1
    throw temporary()
  })
  const pauses: number[] = []
  for (let due = clock.now(); attempts < 12 && (await rows())[0]?.givenUpAt === null; ) {
    await sender.drain()
    const [row] = await rows()
    if (!row || row.givenUpAt) break
    t.match(row, { attempts, lastError: '451 later' })
    pauses.push((row.dueAt.getTime() - due.getTime()) / 1000)
    due = row.dueAt
    clock.advance(pauses.at(-1) ?? 0)
  }
  t.strictSame(pauses, [10, 20, 40, 80, 160, 320, 640, 900, 900, 530], 'the last one ends at the expiry')
  t.equal(attempts, 10)
  t.match(await rows(), [{ givenUpAt: clock.now(), lastError: '451 later', attempts: 10 }])
  t.strictSame(sender.givenUp, ['ada@example.org: 451 later'])
  t.match(sender.log[0], {
    level: 'warn',
    message: 'a mail could not be sent; it is tried again',
    reason: '451 later',
    attempts: 1
  })
  t.match(sender.log.at(-1), { level: 'error', message: 'a mail was given up', reason: '451 later' })
  clock.advance(HOUR)
  await sender.drain()
  t.equal(attempts, 10, 'what was given up stays so')
  t.notMatch(JSON.stringify(sender.log), 'ada@')
})

t.test('pauses are drawn at random, up to a half shorter', async t => {
  const { clock, write, createTestSender, rows } = await openOutbox(t)
  await write()
  await createTestSender(() => Promise.reject(temporary()), { random: () => 0.5 }).drain()
  const [row] = await rows()
  t.equal(Number(row?.dueAt) - clock.now().getTime(), 7500)
})

t.test('a mail that is refused for good is given up at once, and told; without a listener, too', async t => {
  const { store, write, createTestSender, rows, clock } = await openOutbox(t)
  await write()
  const sender = createTestSender(() => Promise.reject(permanent('550 no such user')))
  await sender.drain()
  t.match(await rows(), [{ givenUpAt: clock.now(), lastError: '550 no such user', attempts: 1 }])
  t.strictSame(sender.givenUp, ['ada@example.org: 550 no such user'])
  t.match(sender.log, [{ level: 'error', message: 'a mail was given up', reason: '550 no such user' }])
  t.strictSame([...store.counters.get(mailOutcomes)], [['given_up', 1]])

  await write('bob@example.org')
  const { onGivenUp: _, ...others } = { onGivenUp: undefined, random: () => 1 }
  await createTestSender(() => Promise.reject(permanent()), others).drain()
  t.equal((await rows()).filter(({ givenUpAt }) => givenUpAt).length, 2)
})

t.test('a mail that nobody could send in time is given up without an attempt', async t => {
  const { clock, write, createTestSender, rows } = await openOutbox(t)
  await write('ada@example.org', { lifetimeMs: 1000 })
  await write('bob@example.org')
  clock.advance(1)
  const sent: string[] = []
  const sender = createTestSender(async ({ to }) => {
    sent.push(to)
    return undefined
  })
  await sender.drain()
  t.strictSame(sent, ['bob@example.org'])
  const reason = 'it was of no use any more before it could be sent'
  t.match(await rows(), [{ attempts: 0, givenUpAt: clock.now(), lastError: reason }])
  t.strictSame(sender.givenUp, [`ada@example.org: ${reason}`])
})

t.test('faults of the program and unknown kinds are tried again; the log has the error', async t => {
  const { write, createTestSender, rows } = await openOutbox(t)
  await write('ada@example.org', { kind: 'broken' })
  await write('ada@example.org', { kind: 'of tomorrow' })
  const sender = createTestSender(() => Promise.reject(permanent()))
  await sender.drain()
  t.strictSame(
    (await rows()).map(({ lastError, givenUpAt }) => [lastError, givenUpAt]),
    [
      ['the text of the mail could not be made', null],
      ['this version of the service knows no such mail', null]
    ]
  )
  t.match(
    sender.log.find(({ level }) => level === 'error'),
    { message: 'a mail failed', kind: 'broken', err: { message: 'a fault of the program' } }
  )
})

t.test('a mail that another sender claims at the same moment is left to that one', async t => {
  const { store, write, createTestSender, rows } = await openOutbox(t)
  await write()
  const sent: string[] = []
  const createNamedSender = (name: string, options = {}) =>
    createTestSender(async () => {
      sent.push(name)
      return undefined
    }, options)
  const first = createNamedSender('first')
  const atomically: typeof store.atomically = async (...statements) => {
    await first.drain()
    return store.atomically(...statements)
  }
  await createNamedSender('second', { store: { ...store, atomically } }).drain()
  t.strictSame(sent, ['first'])
  t.strictSame(await rows(), [])
})

t.test('one that hangs delays no other, however many there are', async t => {
  const { write, createTestSender, rows } = await openOutbox(t)
  const addresses = Array.from({ length: 95 }, (_, index) => `user${index}@example.org`)
  await write('hanging@example.org')
  for (const address of addresses) await write(address)
  const { promise: hanging, resolve: release } = Promise.withResolvers<undefined>()
  const { promise: allOthers, resolve: tellAllOthers } = Promise.withResolvers<void>()
  const sent: string[] = []
  let [running, most] = [0, 0]
  const sender = createTestSender(async ({ to }) => {
    running += 1
    most = Math.max(most, running)
    if (to.startsWith('hanging')) await hanging
    else await sleep(400)
    running -= 1
    sent.push(to)
    if (sent.length === addresses.length) tellAllOthers()
    return undefined
  })
  sender.start()
  await allOthers
  t.notOk(sent.includes('hanging@example.org'))
  t.equal(most, 40, 'forty at a time')
  release(undefined)
  await sender.stop(1000)
  t.strictSame(sent.sort(), [...addresses, 'hanging@example.org'].sort())
  t.strictSame(await rows(), [])
})

t.test('two senders on one database send each mail once', async t => {
  const url = await sharedDatabase(t)
  const [one, other] = [await openOutbox(t, { url }), await openOutbox(t, { url })]
  const addresses = Array.from({ length: 60 }, (_, index) => `user${index}@example.org`)
  for (const address of addresses) await one.write(address)
  const sent: string[] = []
  const senders = [one, other].map(({ createTestSender }) =>
    createTestSender(async ({ to }) => {
      await sleep(1)
      sent.push(to)
      return undefined
    })
  )
  await Promise.all(senders.map(({ drain }) => drain()))
  t.strictSame(sent.sort(), addresses.sort())
  t.strictSame(await one.rows(), [])
  for (const { log } of senders) t.ok(log.length > 0, 'both have worked')
})

t.test(
  'a sender that dies loses nothing: when its lease is over another one sends the same message',
  async t => {
    const url = await sharedDatabase(t)
    const { write, createTestSender, rows, clock } = await openOutbox(t, { url })
    await write()
    const { promise, reject } = Promise.withResolvers<undefined>()
    const ids: string[] = []
    const dying = createTestSender(({ id }) => {
      ids.push(id)
      return promise
    })
    await dying.runOnce()
    const second = createTestSender(async ({ id }) => {
      ids.push(id)
      return undefined
    })
    await second.drain()
    t.equal(ids.length, 1, 'the lease holds')
    clock.advance(90)
    const third = createTestSender(async () => {
      // The first one comes back from the dead: it has lost its claim.
      reject(permanent())
      await dying.stop(1000)
      t.match(await rows(), [{ givenUpAt: null, attempts: 2 }])
      throw temporary()
    })
    await third.drain()
    t.strictSame(dying.givenUp, [])
    clock.advance(20)
    await second.drain()
    t.equal(ids.length, 2)
    t.equal(ids[0], ids[1], 'the same Message-ID')
    t.strictSame(await rows(), [])
  }
)

t.test('a commit wakes the sender; a mail that is due later is sent then', async t => {
  const clock = { now: () => new Date(), advance() {} }
  const { write, createTestSender } = await openOutbox(t, { clock })
  const sent: number[] = []
  const { promise: twice, resolve } = Promise.withResolvers<void>()
  const sender = createTestSender(
    async () => {
      sent.push(performance.now())
      if (sent.length === 1) throw temporary()
      resolve()
      return undefined
    },
    // Past 1, so that the pause is 0.1 s.
    { random: () => 1.98 }
  )
  sender.start()
  const begin = performance.now()
  await write()
  await twice
  t.ok((sent[0] ?? 0) - begin < 1000)
  t.ok((sent[1] ?? 0) - begin < 3000)
  await sender.stop(1000)
  await write('late@example.org')
  await sender.drain()
  t.equal(sent.length, 2, 'after the end nothing is claimed')
  t.equal(sender.closed(), 1)
})

t.test('the end waits for mails under way, but not for ever', async t => {
  const { write, createTestSender, rows } = await openOutbox(t)
  await write('slow@example.org')
  const slow = createTestSender(() => sleep(50, undefined))
  slow.start()
  await slow.runOnce()
  await slow.stop(5000)
  t.strictSame(await rows(), [], 'the mail was sent')

  await write('hanging@example.org')
  const hanging = createTestSender(() => new Promise(() => {}))
  await hanging.runOnce()
  await hanging.stop(10)
  t.match(await rows(), [{ attempts: 1, givenUpAt: null }], 'the mail is kept')
  t.equal(hanging.closed(), 1)
})

t.test('while the database is away the sender goes on trying, and nothing ends', async t => {
  const { store, write, createTestSender, rows } = await openOutbox(t)
  await write()
  let sent = 0
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const sender = createTestSender(async () => {
    sent += 1
    await store.close()
    resolve()
    return undefined
  })
  sender.start()
  await closed
  await t.rejects(sender.drain(), { message: /^mails_/ })
  await sender.stop(1000)
  t.equal(sent, 1)
  t.ok(sender.log.some(({ message }) => message.startsWith('mails that were sent could not be removed')))
  await t.rejects(rows())

  const later = createTestSender(async () => undefined)
  later.start()
  await later.stop(1000)
  t.match(later.log, [
    { level: 'error', message: /^the outbox of mails cannot be used/, err: { message: /^mails_nextDue: / } }
  ])
})

t.test('what became of a mail cannot be written', async t => {
  const { store, write, createTestSender } = await openOutbox(t)
  await write()
  const sender = createTestSender(async () => {
    await store.close()
    throw temporary()
  })
  await sender.runOnce().catch(() => {})
  await sender.stop(1000)
  t.match(sender.log, [{ level: 'error', message: /^what became of a mail could not be written/ }])
})

t.test('a mail is a statement of its transaction, and the listeners hear of commits only', async t => {
  const { store, outbox, rows, createTestSender } = await openOutbox(t)
  const mail = { kind: 'greeting', address: 'a@b.example', userId: null, data: {}, lifetimeMs: HOUR }
  let heard = 0
  const listening = {
    ...outbox.bindMail(mail),
    name: 'x',
    run: () => [],
    onCommitted: () => {
      heard += 1
    }
  }
  const failing = { name: 'failing', run: () => [], mustAffectRow: true }
  await t.rejects(store.atomically(outbox.bindMail(mail), listening, failing))
  t.strictSame([await rows(), heard], [[], 0])
  await store.atomically(listening)
  t.equal(heard, 1)
  await store.atomically(createOutbox(store, false).bindMail(mail))
  t.strictSame(await rows(), [], 'without mail no row is written')
  await createTestSender(async () => undefined).drain()
})
