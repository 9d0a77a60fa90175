import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { NO_CLIENT } from '../src/auth/audit/audit-log.ts'
import type { Config } from '../src/config/config.ts'
import { createMailComposers } from '../src/features.ts'
import type { MailTransport } from '../src/mail/mail.ts'
import { createSender } from '../src/mail/sender.ts'
import { createMailTransport } from '../src/mail/transport.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What sends the mails of the outbox; undefined where none are sent. */
    mailer: Mailer | undefined
  }
}

export interface Mailer {
  /** Sends all mails that are due, and waits for their ends. */
  readonly drain: () => Promise<void>
}

export interface MailerOptions {
  readonly config: Config
  /** How mails leave the service; by default as the settings say. */
  readonly transport?: MailTransport | undefined
  /** From 0 to 1, so that pauses between attempts differ. */
  readonly random: () => number
}

/** Sends the mails of the outbox, from the start of the service to its end. */
async function mailer(app: FastifyInstance, { config, transport, random }: MailerOptions) {
  if (!config.mail) {
    app.decorate('mailer', undefined)
    return
  }
  const { store, auditLog, log } = app
  const sender = createSender({
    store,
    transport: transport ?? createMailTransport(config.mail),
    composers: createMailComposers({
      store,
      mail: config.mail,
      appName: config.appName,
      deriveKeys: app.tokens.deriveKeys
    }),
    log,
    random,
    async onGivenUp({ userId }) {
      if (userId !== null) await store.atomically(auditLog.bindEvent(userId, 'mail_failed', NO_CLIENT))
    }
  })
  app.decorate('mailer', { drain: sender.drain })
  app.addHook('onReady', async () => sender.start())
  // Closed before the store, which was opened before. Requests under way have as long to end.
  app.addHook('onClose', () => sender.stop(config.shutdown.timeoutMs / 2))
}

export default fp(mailer, { name: 'mailer', dependencies: ['database', 'audit-log', 'jwt'] })
