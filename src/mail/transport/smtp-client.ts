import { once } from 'node:events'
import { domainToASCII } from 'node:url'
import { createTransport } from 'nodemailer'
import { isLoopbackHost } from '../../config/mail-settings.ts'
import type { MailTransport } from '../mail.ts'
import { toMimeOptions } from './mime.ts'
import { describeAnswer, toMailError } from './smtp-errors.ts'

/** Connections to the server. One or two are enough for one that answers at once. */
const MAX_CONNECTIONS = 10

/** Milliseconds that each step may take. */
export interface SmtpTimeLimits {
  /** To find the server, to connect, and to agree on TLS. */
  readonly connect: number
  readonly greeting: number
  /** Without a sign of the server. */
  readonly silence: number
  /** For a message as a whole, however often the server gives a sign. */
  readonly message: number
}

export interface SmtpSettings {
  /** `smtp://USER:PASSWORD@HOST:PORT`, or `smtps://…` for TLS from the start. */
  readonly url: string
  /** The sender. */
  readonly from: string
  readonly timeLimits: SmtpTimeLimits
}

/**
 * Sends messages to a mail server over pooled connections. Outside of this machine nothing is sent without TLS and a valid
 * certificate.
 */
export function createSmtpClient({ url, from, timeLimits }: SmtpSettings): MailTransport {
  const { protocol, hostname, port, username, password } = new URL(url)
  const host = domainToASCII(decodeURIComponent(hostname)).replace(/^\[|\]$/g, '')
  const isSecure = protocol === 'smtps:'
  const server = `${hostname}:${port || (isSecure ? 465 : 587)}`
  const transport = createTransport({
    pool: true,
    host,
    port: port || undefined,
    secure: isSecure,
    auth: username ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) } : undefined,
    ...(!isSecure && (isLoopbackHost(host) ? LOOPBACK_TLS : { requireTLS: true })),
    maxConnections: MAX_CONNECTIONS,
    // A server closes an idle connection when it likes, which the next message finds out.
    maxRequeues: 1,
    connectionTimeout: timeLimits.connect,
    dnsTimeout: timeLimits.connect,
    greetingTimeout: timeLimits.greeting,
    socketTimeout: timeLimits.silence
  })

  return {
    async send(message) {
      const options = toMimeOptions(message, from)
      const signal = AbortSignal.timeout(timeLimits.message)
      try {
        const { response = '' } = await transport.sendMail({ ...options, signal })
        return describeAnswer(response, message)
      } catch (error) {
        throw toMailError(error, server, message)
      }
    },
    async verify() {
      const timeLimit = AbortSignal.timeout(timeLimits.message)
      try {
        await Promise.race([
          transport.verify(),
          once(timeLimit, 'abort').then(() => Promise.reject(timeLimit.reason))
        ])
      } catch (error) {
        throw toMailError(error, server)
      }
    },
    close: () => transport.close({ force: true })
  }
}

/** Mail servers of this machine have certificates for nobody in particular, and what they are sent does not leave it. */
const LOOPBACK_TLS = { opportunisticTLS: true, tls: { rejectUnauthorized: false } }
