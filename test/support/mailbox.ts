import type { FastifyInstance } from 'fastify'
import type { MailContent, MailTransport, Message } from '../../src/mail/mail.ts'

/** A mail that has left the service. */
export interface SentMail extends Message {
  kind: string
}

/** A transport that keeps the mails for the test. */
export function createMailbox() {
  const messages: Message[] = []
  const transport: MailTransport = {
    async send(message) {
      messages.push(message)
      return undefined
    },
    async verify() {},
    close() {}
  }

  /**
   * Waits until the service has sent what it has to.
   * @param lines of the log, which tell of what kind a mail is
   * @returns the mails that have arrived since the last call, in the order in which they were asked for
   */
  async function takeMails(app: FastifyInstance, lines: readonly string[]): Promise<SentMail[]> {
    await app.mailer?.drain()
    const entries = lines.map(line => JSON.parse(line)).filter(({ mail, kind }) => mail && kind)
    return messages
      .splice(0)
      .map(message => ({ ...message, kind: entries.find(({ mail }) => mail === message.id)?.kind ?? '' }))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  return { transport, takeMails }
}

/** The code in a mail. */
export const codeOf = ({ text }: Pick<MailContent, 'text'>): string => /^ *(\d{6})$/m.exec(text)?.[1] ?? ''

/** The value of a parameter of the link in a mail. */
export const parameterOf = ({ text }: Pick<MailContent, 'text'>, name: string): string =>
  decodeURIComponent(new RegExp(`[?&]${name}=([^\\s&]+)`).exec(text)?.[1] ?? '')
