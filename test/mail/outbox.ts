import type { Test } from 'tap'
import { openStore } from '../../src/db/store.ts'
import { MailError, type Message } from '../../src/mail/mail.ts'
import { createOutbox, type NewMail } from '../../src/mail/outbox.ts'
import { createSender } from '../../src/mail/sender.ts'
import { mailTables } from '../../src/mail/tables.ts'
import { emptyDatabase } from '../support/databases.ts'
import { createFakeClock } from '../support/service.ts'

export const HOUR = 3_600_000

/** A database that several may open: a file, or a server's. */
export async function sharedDatabase(t: Test): Promise<string> {
  const url = await emptyDatabase(t)
  return url === ':memory:' ? `file:${t.testdir()}/latchkey.db` : url
}

/** An outbox, its clock, and what makes senders of it. */
export async function openOutbox(t: Test, { url, clock = createFakeClock() }: OutboxOptions = {}) {
  const options = { poolMax: 5, now: clock.now, log: { warn() {} } }
  const store = await openStore({ url: url ?? (await emptyDatabase(t)), ...options })
  t.teardown(() => store.close())
  const outbox = createOutbox(store, true)
  const { mails } = mailTables(store.kit)

  /** Puts a mail into the outbox. */
  async function write(address = 'ada@example.org', mail: Partial<NewMail> = {}) {
    const insert = outbox.bindMail({
      kind: 'greeting',
      address,
      userId: null,
      data: { name: 'Ada' },
      lifetimeMs: HOUR,
      ...mail
    })
    await store.atomically(insert)
  }

  /** A sender whose messages go to `send`; it draws no shorter pauses. */
  function createTestSender(send: Send, options: Partial<Parameters<typeof createSender>[0]> = {}) {
    const log: LogLine[] = []
    const givenUp: string[] = []
    const toLine = (level: string) => (fields: object, message: string) => {
      log.push({ level, message, ...fields })
    }
    let closed = 0
    const sender = createSender({
      store,
      transport: { send, verify: async () => {}, close: () => (closed += 1) },
      composers: {
        greeting: async ({ address, data }) => ({
          to: address,
          subject: 'Hello',
          text: `Hello ${(data as { name: string }).name}`,
          html: '<p>Hello</p>'
        }),
        silent: async () => undefined,
        broken: () => Promise.reject(new Error('a fault of the program'))
      },
      log: { info: toLine('info'), warn: toLine('warn'), error: toLine('error') },
      onGivenUp: async ({ address }, reason) => {
        givenUp.push(`${address}: ${reason}`)
      },
      random: () => 0,
      ...options
    })
    return { ...sender, log, givenUp, closed: () => closed }
  }

  const rows = () => store.db.select().from(mails).orderBy(mails.id).execute()
  return { store, clock, outbox, write, createTestSender, rows }
}

interface OutboxOptions {
  url?: string
  clock?: ReturnType<typeof createFakeClock>
}

export interface LogLine extends Record<string, unknown> {
  level: string
  message: string
}

type Send = (message: Message) => Promise<string | undefined>

export const temporary = (message = '451 later') => new MailError(message, false)
export const permanent = (message = '550 no') => new MailError(message, true)
