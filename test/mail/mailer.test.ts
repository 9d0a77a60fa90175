import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config/config.ts'
import type { MailTransport } from '../../src/mail/mail.ts'
import { createOutbox } from '../../src/mail/outbox.ts'
import { emptyDatabase } from '../support/databases.ts'
import { createFakeClock, SECRET, type Settings } from '../support/service.ts'
import { HOUR, permanent } from './outbox.ts'

async function build(t: Test, settings: Settings, mailTransport?: MailTransport) {
  const lines: string[] = []
  const config = readConfig({ DATABASE_URL: await emptyDatabase(t), JWT_SECRET: SECRET, ...settings })
  const app = await buildApp({
    config,
    clock: createFakeClock().now,
    logger: { level: 'info', stream: { write: line => lines.push(line) } },
    ...(mailTransport && { mailTransport })
  })
  t.teardown(() => app.close())
  await app.ready()
  const outbox = createOutbox(app.store, true)
  const write = (userId: string | null = null) =>
    app.store.atomically(
      outbox.bindMail({ kind: 'unknown', address: 'a@b.example', userId, data: {}, lifetimeMs: HOUR })
    )
  return { app, lines, write }
}

t.test('without settings for mail there is no sender, and what is in the outbox stays', async t => {
  const { app, lines, write } = await build(t, { MAIL_URL: 'off' })
  t.equal(app.mailer, undefined)
  await write()
  await sleep(20)
  t.notMatch(lines.join(''), 'mail')
})

t.test('by default mails are written to files, which are made with the first one', async t => {
  const folder = `${t.testdir()}/mail`
  const { app, lines, write } = await build(t, { MAIL_URL: `file:${folder}` })
  await app.mailer?.drain()
  t.notOk(existsSync(folder))
  await write()
  await app.mailer?.drain()
  t.match(lines.join(''), 'this version of the service knows no such mail')
})

t.test('the owner finds in the audit log that a mail was given up; the end closes the transport', async t => {
  let closed = 0
  const transport = {
    send: () => Promise.reject(permanent()),
    verify: async () => {},
    close: () => (closed += 1)
  }
  const { app, write } = await build(t, { MAIL_URL: `file:${t.testdir()}` }, transport)
  const { body } = await app
    .inject({
      method: 'POST',
      url: '/api/auth/register',
      payload: { username: 'ada', email: 'ada@example.org', password: 'correct horse battery staple' }
    })
    .then(response => ({ body: response.json() }))
  const clockedOut = new Date(app.store.now().getTime() - 1)
  const outbox = createOutbox({ ...app.store, now: () => new Date(clockedOut.getTime() - HOUR) }, true)
  const mail = { kind: 'x', address: 'a@b.example', data: {}, lifetimeMs: HOUR }
  const owners = [body.user.id, null, '019b7a3c-0000-7000-8000-000000000000']
  await app.store.atomically(...owners.flatMap(userId => outbox.bindMail({ ...mail, userId })))
  await write(null)
  await app.mailer?.drain()
  const { items } = await app.auditLog.list(body.user.id, 10)
  const failures = items.filter(({ type }) => type === 'mail_failed')
  t.match(failures, [{ type: 'mail_failed', ip: null, userAgent: null }])
  await app.close()
  t.equal(closed, 1)
})
