import { setTimeout as sleep } from 'node:timers/promises'
import { mailListeners } from './outbox.ts'
import { createDelivery, type DeliveryOptions } from './sending/delivery.ts'
import { startLoop } from './sending/loop.ts'
import { createPace } from './sending/pace.ts'
import { mailStatements } from './statements.ts'
import type { MailRow } from './tables.ts'

/** Mails under way at a time: one that hangs holds up none of the others. */
const MAX_UNDER_WAY = 40
/** Milliseconds that a claim holds: longer than any attempt takes, so that nobody else sends the mail meanwhile. */
const LEASE = 90_000
/** Milliseconds between two looks at the outbox, into which other processes write, too. */
const POLL_INTERVAL = 5000
/**
 * Milliseconds after the end of a mail, in which others end: their rows go, and the next ones are claimed, together. It is
 * longer while others are under way, since each commit holds up the requests for a moment.
 */
const GATHERING_TIME = { alone: 50, amongOthers: 200 }
/** Milliseconds that mails whose connections were closed have to end. */
const END_TIMEOUT = 1000

const EXPIRED = 'it was of no use any more before it could be sent'

/**
 * Sends the mails of an outbox. Any number of senders may work on one database at a time.
 *
 * Each mail goes out at least once. It goes out twice if a sender dies, or loses its database, right after the server has
 * taken the mail; both have the same Message-ID.
 */
export function createSender(options: DeliveryOptions) {
  const { store, transport, log } = options
  const { nextDue, claim, giveUpExpired, remove } = mailStatements(store)
  const { deliver, tellGivenUp } = createDelivery(options)
  const nextDelay = createPace()
  const underWay = new Set<Promise<void>>()
  /** The ids of mails that have ended well. The next round removes them together. */
  const done = new Set<string>()
  let isStopping = false
  let lastRound: Promise<unknown> = Promise.resolve()

  /** Starts to send what is due, up to the most that may be under way. */
  async function runRound(): Promise<Date | undefined> {
    let next = await findNext()
    while (isDue(next) && underWay.size < MAX_UNDER_WAY && !isStopping) {
      const claimed = await removeDoneAndClaim()
      for (const mail of claimed) begin(mail)
      const expired = claimed.length === 0 ? await giveUp() : 0
      if (claimed.length + expired === 0) break
      next = await findNext()
    }
    await removeDone()
    return next
  }

  /**
   * Starts to send what is due, after the rounds that were asked for before.
   * @returns when the next mail is due, if any waits
   * @throws {StatementError}
   */
  function runOnce(): Promise<Date | undefined> {
    const round = lastRound.then(runRound)
    lastRound = round.catch(() => {})
    return round
  }

  async function removeDone() {
    const ids = [...done]
    if (ids.length === 0) return
    await store.atomically(...ids.map(id => remove.bind({ id })))
    forget(ids)
  }

  /** One transaction, since each costs a wait for the disk. */
  async function removeDoneAndClaim(): Promise<MailRow[]> {
    const ids = [...done]
    const now = store.now()
    const leaseEnd = new Date(now.getTime() + LEASE)
    const [claimed] = await store.atomically(
      claim.bind({ now, leaseEnd, limit: MAX_UNDER_WAY - underWay.size }),
      ...ids.map(id => remove.bind({ id }))
    )
    forget(ids)
    return claimed
  }

  function forget(ids: readonly string[]) {
    for (const id of ids) done.delete(id)
  }

  async function findNext(): Promise<Date | undefined> {
    const [next] = await nextDue.execute()
    return next?.dueAt
  }

  const isDue = (next: Date | undefined) => next !== undefined && next <= store.now()

  async function giveUp(): Promise<number> {
    const expired = await giveUpExpired.execute({ now: store.now(), reason: EXPIRED })
    for (const mail of expired) await tellGivenUp(mail, String(mail.lastError))
    return expired.length
  }

  function begin(mail: MailRow) {
    const delay = nextDelay()
    const delivery = (delay > 0 ? sleep(delay).then(() => deliver(mail)) : deliver(mail))
      .then(isDone => {
        if (isDone) done.add(mail.id)
      })
      .finally(() => {
        underWay.delete(delivery)
        const time = underWay.size === 0 ? GATHERING_TIME.alone : GATHERING_TIME.amongOthers
        gathering ??= setTimeout(endGathering, time).unref()
      })
    underWay.add(delivery)
  }

  /**
   * Sends all mails that are due, and waits for their ends.
   * @throws {StatementError}
   */
  async function drain(): Promise<void> {
    let next: Date | undefined
    do {
      next = await runOnce()
      await Promise.all(underWay)
    } while (done.size > 0 || (isDue(next) && !isStopping))
  }

  let loop: ReturnType<typeof startLoop> | undefined
  let gathering: NodeJS.Timeout | undefined

  function endGathering() {
    gathering = undefined
    loop?.wake()
  }

  /** Sends mails as they fall due, until `stop`. */
  function start() {
    loop = startLoop(async () => {
      try {
        const next = await runOnce()
        return next ? Math.min(next.getTime() - store.now().getTime(), POLL_INTERVAL) : POLL_INTERVAL
      } catch (error) {
        log.error({ err: error }, 'the outbox of mails cannot be used; the sender tries again later')
        return POLL_INTERVAL
      }
    })
    mailListeners(store).add(loop.wake)
  }

  /**
   * Claims no more mails, and waits for those under way.
   * @param timeout milliseconds after which they are broken off, to be tried again by another sender
   */
  async function stop(timeout: number): Promise<void> {
    isStopping = true
    if (loop) mailListeners(store).delete(loop.wake)
    loop?.stop()
    clearTimeout(gathering)
    await lastRound
    await endWithin(timeout)
    transport.close()
    await endWithin(END_TIMEOUT)
    await removeDone().catch(error =>
      log.error({ err: error }, 'mails that were sent could not be removed; they will be sent again')
    )
  }

  async function endWithin(timeout: number) {
    const timer = new AbortController()
    const end = sleep(timeout, undefined, { signal: timer.signal }).catch(() => {})
    await Promise.race([Promise.all(underWay), end])
    timer.abort()
  }

  return { start, stop, runOnce, drain }
}

export type Sender = ReturnType<typeof createSender>
