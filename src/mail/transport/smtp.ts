import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { createGathering } from '../../process/gathering.ts'
import { MailError, type MailTransport, type Message } from '../mail.ts'
import type { SmtpSettings, SmtpTimeLimits } from './smtp-client.ts'
import type { SmtpCommand, SmtpRequest, SmtpResponse } from './smtp-thread.ts'

const TIME_LIMITS: SmtpTimeLimits = { connect: 10_000, greeting: 10_000, silence: 30_000, message: 60_000 }
/** MiB. By default V8 lets far more garbage pile up than the few messages that are under way need. */
const MEMORY_LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 }

interface PendingRequest {
  readonly resolve: (receipt: string | undefined) => void
  readonly reject: (error: MailError) => void
}

/**
 * Sends messages to a mail server from a thread, since to make a message and to speak to the server takes longer than most
 * requests. The thread starts with the first message. One that dies fails what it had under way, as an outage of the mail
 * server would; the next message starts another one.
 * @param url `smtp://USER:PASSWORD@HOST:PORT`, or `smtps://…` for TLS from the start
 * @param from the sender
 * @param start starts a thread
 */
export function createSmtpTransport(
  url: string,
  from: string,
  timeLimits = TIME_LIMITS,
  start = createThread
): MailTransport {
  const pending = new Map<number, PendingRequest>()
  let thread: Worker | undefined
  let lastKey = 0
  let isClosed = false

  const post = (command: SmtpCommand) => thread?.postMessage(command)

  // To wake the thread takes ten times as long as to make the text of a mail.
  const { add, flush, drop } = createGathering<SmtpRequest>(post)

  function startThread(): Worker {
    const worker = start({ url, from, timeLimits })
    let cause = 'it ended by itself'
    worker.on('message', settle)
    worker.on('error', (error: NodeJS.ErrnoException) => {
      // Its message may have a piece of a mail.
      cause = error.code ?? error.name
    })
    worker.on('exit', () => {
      thread = undefined
      drop()
      for (const { reject } of pending.values()) reject(toOutage(cause))
      pending.clear()
    })
    return worker
  }

  function settle(response: SmtpResponse) {
    const request = pending.get(response.key)
    pending.delete(response.key)
    // One that has nothing to do keeps no process alive.
    if (pending.size === 0) thread?.unref()
    if ('reason' in response) request?.reject(new MailError(response.reason, response.isPermanent))
    else request?.resolve(response.receipt)
  }

  /** @param message without one, only whether messages could be sent */
  function request(message?: Message): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      if (isClosed) return reject(new MailError('the service ends', false))
      try {
        thread ??= startThread()
      } catch (error) {
        // The system may have no thread left.
        return reject(toOutage(String((error as NodeJS.ErrnoException).code)))
      }
      thread.ref()
      lastKey += 1
      pending.set(lastKey, { resolve, reject })
      add({ key: lastKey, message })
    })
  }

  return {
    send: request,
    async verify() {
      await request()
    },
    close() {
      isClosed = true
      flush()
      post('close')
    }
  }
}

const toOutage = (cause: string) => new MailError(`the thread that sends mails has died (${cause})`, false)

/** The options of this process are the thread's, too: `--use-system-ca`, say, is about the certificate of the mail server. */
const createThread = (settings: SmtpSettings) =>
  new Worker(join(import.meta.dirname, `smtp-thread${extname(import.meta.filename)}`), {
    workerData: settings,
    resourceLimits: MEMORY_LIMITS
  })
