import { setTimeout as sleep } from 'node:timers/promises'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { MailError, type MailTransport, type Message } from '../mail.ts'
import { createPace } from '../sending/pace.ts'
import { createSmtpClient, type SmtpSettings } from './smtp-client.ts'

/* What the thread runs that makes messages and speaks to the mail server. */

/** Asks to send a message; without one, whether messages could be sent now. */
export interface SmtpRequest {
  readonly key: number
  readonly message: Message | undefined
}

/** What the thread is told: requests, or to break off what is under way, to report that, and to end. */
export type SmtpCommand = readonly SmtpRequest[] | 'close'

/** What became of the request with the same key; if it failed, why. */
export type SmtpResponse =
  | { readonly key: number; readonly receipt: string | undefined }
  | { readonly key: number; readonly reason: string; readonly isPermanent: boolean }

function serveRequests(port: MessagePort, client: MailTransport) {
  const underWay = new Set<Promise<void>>()
  // Requests come several at a time.
  const nextDelay = createPace()

  const respond = (response: SmtpResponse) => port.postMessage(response)

  async function serve({ key, message }: SmtpRequest): Promise<void> {
    await sleep(nextDelay())
    try {
      if (!message) await client.verify()
      respond({ key, receipt: message && (await client.send(message)) })
    } catch (error) {
      const { message: reason } = error as Error
      respond({ key, reason, isPermanent: error instanceof MailError && error.isPermanent })
    }
  }

  async function close() {
    client.close()
    await Promise.all(underWay)
    port.close()
  }

  port.on('message', (command: SmtpCommand) => {
    if (command === 'close') return void close()
    for (const request of command) {
      const serving = serve(request).finally(() => underWay.delete(serving))
      underWay.add(serving)
    }
  })
}

if (parentPort) serveRequests(parentPort, createSmtpClient(workerData as SmtpSettings))
