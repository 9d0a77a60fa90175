import { setTimeout as sleep } from 'node:timers/promises'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { createOutbox } from '../../src/mail/outbox.ts'
import { mailStatements } from '../../src/mail/statements.ts'

/*
 * The service. A message of the parent fills the outbox with as many mails as it says; the answers are `filled`, and when
 * the outbox is empty how many milliseconds the service has taken to send them.
 */

const LIFETIME = 3_600_000
const BATCH_SIZE = 100

const config = readConfig(process.env)
const app = await buildApp({ config })
await app.listen(config.listen)
const { store } = app
const outbox = createOutbox(store, true)
const { nextDue } = mailStatements(store)

const bindMail = (index: number) =>
  outbox.bindMail({
    kind: 'password_changed',
    address: `user${index}@example.org`,
    userId: null,
    data: { username: `user${index}`, ip: '192.0.2.1', userAgent: null },
    lifetimeMs: LIFETIME
  })

process.on('message', async (count: number) => {
  for (let first = 0; first < count; first += BATCH_SIZE)
    await store.atomically(...Array.from({ length: BATCH_SIZE }, (_, offset) => bindMail(first + offset)))
  process.send?.('filled')
  const begin = performance.now()
  while ((await nextDue.execute()).length > 0) await sleep(200)
  process.send?.(performance.now() - begin)
})
