import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { createOutbox } from '../../src/mail/outbox.ts'
import { createSender } from '../../src/mail/sender.ts'
import { createMailTransport } from '../../src/mail/transport.ts'

/*
 * The service, and beside it a sender of mails that this file composes. A message of the parent fills the outbox with as
 * many mails as it says and has them sent; the answer is how many milliseconds that took.
 */

const LIFETIME = 3_600_000

const config = readConfig(process.env)
const app = await buildApp({ config: { ...config, mail: undefined } })
await app.listen(config.listen)
const { store } = app
const outbox = createOutbox(store, true)

const compose = async ({ address }: { address: string }) => ({
  to: address,
  subject: 'Your code',
  text: 'Your code is 123456. It is valid for ten minutes.\nhttps://id.example.org/account/confirm-email\n',
  html: '<p>Your code is <b>123456</b>. It is valid for ten minutes.</p>'
})

const fail = (fields: object, message: string) => {
  throw new Error(`${message}: ${JSON.stringify(fields)}`)
}

process.on('message', async (count: number) => {
  for (let index = 0; index < count; index += 100)
    await store.atomically(
      ...Array.from({ length: 100 }, (_, offset) => ({
        kind: 'code',
        address: `user${index + offset}@example.org`,
        userId: null,
        data: {},
        lifetimeMs: LIFETIME
      })).flatMap(outbox.bindMail)
    )
  if (!config.mail) throw new Error('MAIL_URL is missing')
  const sender = createSender({
    store,
    transport: createMailTransport(config.mail),
    composers: { code: compose },
    log: { info() {}, warn: fail, error: fail },
    random: Math.random
  })
  process.send?.('filled')
  const begin = performance.now()
  await sender.drain()
  process.send?.(performance.now() - begin)
  await sender.stop(0)
})
