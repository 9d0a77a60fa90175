import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { Test } from 'tap'
import { createSmtpClient, type SmtpTimeLimits } from '../../src/mail/transport/smtp-client.ts'

/** Short, so that tests need not wait. */
const TIME_LIMITS: SmtpTimeLimits = { connect: 500, greeting: 500, silence: 500, message: 1500 }

export const SENDER = 'Example <no-reply@example.org>'

export const MESSAGE = {
  id: '019b7a3c-0000-7000-8000-000000000000',
  to: 'ada@example.net',
  subject: 'Your code',
  text: 'Your code is 123456. Or go to https://app.example/reset?token=abc.\n',
  html: '<p>Your code is 123456.</p>'
}

/** A certificate that nobody has signed, for addresses of this machine, and its key. */
function createCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-mail-'))
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const names = ['-subj', '/CN=mail.example', '-addext', 'subjectAltName=IP:0.0.0.0,IP:127.0.0.1']
  const files = ['-keyout', keyFile, '-out', certFile]
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...algorithm, ...names, ...files], {
    stdio: 'ignore'
  })
  const certificate = { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') }
  rmSync(folder, { recursive: true })
  return certificate
}

export const CERTIFICATE = createCertificate()

/** An answer of a server. */
export const answer = (responseCode: number, message: string) =>
  Object.assign(new Error(message), { responseCode })

/** A mail server that others wrote, and what it has received. */
export async function startMailServer(t: Test, options: SMTPServerOptions = {}) {
  const received: { recipients: string[]; source: string }[] = []
  const server = new SMTPServer({
    authOptional: true,
    ...CERTIFICATE,
    onData(stream, { envelope }, callback) {
      text(stream).then(source => {
        received.push({ recipients: envelope.rcptTo.map(({ address }) => address), source })
        callback(null, 'queued')
      }, callback)
    },
    ...options
  })
  // Clients that break off are what some tests are about.
  server.on('error', () => {})
  server.listen(0, '0.0.0.0')
  await once(server.server, 'listening')
  t.teardown(() => new Promise<void>(resolve => server.close(() => resolve())))
  const { port } = server.server.address() as AddressInfo
  const parse = (): Promise<ParsedMail[]> => Promise.all(received.map(({ source }) => simpleParser(source)))
  return { port, received, parse }
}

/** What speaks to a server, without its thread and with short time limits. */
export function openClient(t: Test, url: string, timeLimits: Partial<SmtpTimeLimits> = {}) {
  const client = createSmtpClient({ url, from: SENDER, timeLimits: { ...TIME_LIMITS, ...timeLimits } })
  t.teardown(client.close)
  return client
}
