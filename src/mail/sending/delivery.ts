import type { Store } from '../../db/store.ts'
import { count } from '../../process/counters.ts'
import { toBackoff } from '../../time/backoff.ts'
import { mailOutcomes } from '../counters.ts'
import { type MailComposers, MailError, type MailTransport } from '../mail.ts'
import { mailStatements } from '../statements.ts'
import type { MailRow } from '../tables.ts'

/** Where the sender reports what it does. */
export interface MailLog {
  readonly info: (fields: object, message: string) => void
  readonly warn: (fields: object, message: string) => void
  readonly error: (fields: object, message: string) => void
}

export interface DeliveryOptions {
  readonly store: Store
  readonly transport: MailTransport
  readonly composers: MailComposers
  readonly log: MailLog
  /** Called for a mail that will not be tried again. */
  readonly onGivenUp?: (mail: MailRow, reason: string) => Promise<void>
  /** From 0 to 1, so that pauses differ. */
  readonly random: () => number
}

/** Milliseconds between two attempts to send a mail: so the mails of an outage do not come back together. */
const PAUSES = { first: 10_000, max: 15 * 60_000 }
/** What is wrong with a mail that a program of another version has written. */
const UNKNOWN_KIND = 'this version of the service knows no such mail'
/** What is told of an error that is the program's or the database's; the log has the error itself. */
const NOT_COMPOSED = 'the text of the mail could not be made'

/** Makes what sends one mail that was claimed, and writes what became of it. No line of the log has an address. */
export function createDelivery({ store, transport, composers, log, onGivenUp, random }: DeliveryOptions) {
  const { postpone, giveUp } = mailStatements(store)
  const outcomes = store.counters.get(mailOutcomes)
  const describe = ({ id, kind, attempts }: MailRow) => ({ mail: id, kind, attempts })

  /**
   * Sends a mail.
   * @returns whether the mail is done with, so that its row can go
   */
  async function deliver(mail: MailRow): Promise<boolean> {
    try {
      const isSent = await send(mail)
      count(outcomes, isSent ? 'sent' : 'dropped')
      return true
    } catch (error) {
      await settleFailure(mail, error).catch(err =>
        log.error({ ...describe(mail), err }, 'what became of a mail could not be written; it is tried again')
      )
      return false
    }
  }

  async function send(mail: MailRow): Promise<boolean> {
    const compose = composers[mail.kind]
    if (!compose) throw new MailError(UNKNOWN_KIND, false)
    const content = await compose(mail)
    if (!content) return false
    const receipt = await transport.send({ id: mail.id, ...content })
    log.info({ ...describe(mail), receipt }, 'a mail was sent')
    return true
  }

  async function settleFailure(mail: MailRow, error: unknown) {
    const isExpected = error instanceof MailError
    const reason = isExpected ? error.message : NOT_COMPOSED
    if (!isExpected) log.error({ ...describe(mail), err: error }, 'a mail failed')
    const { id, attempts } = mail
    const now = store.now()
    if (isExpected && error.isPermanent) {
      const givenUp = await giveUp.execute({ id, attempts, now, reason })
      if (givenUp.length > 0) await tellGivenUp(mail, reason)
      return
    }
    const nextAttempt = now.getTime() + toBackoff(attempts, PAUSES, random())
    // At its end, if not before, a mail is looked at once more, to be given up.
    const dueAt = new Date(Math.min(nextAttempt, mail.expiresAt.getTime()))
    await postpone.execute({ id, attempts, dueAt, reason })
    count(outcomes, 'postponed')
    log.warn({ ...describe(mail), reason, dueAt }, 'a mail could not be sent; it is tried again')
  }

  /** Tells of a mail that was given up. */
  async function tellGivenUp(mail: MailRow, reason: string): Promise<void> {
    count(outcomes, 'given_up')
    log.error({ ...describe(mail), reason }, 'a mail was given up')
    await onGivenUp?.(mail, reason)
  }

  return { deliver, tellGivenUp }
}
