import type { Store } from '../db/store.ts'
import { mailStatements, PAGE_SIZE } from './statements.ts'
import type { MailRow } from './tables.ts'

/** A mail as an operator sees it: without what its text is made from. */
export type OutboxMail = Omit<MailRow, 'data'>

/** Where a mail stands. A `failing` one waits for another attempt, an `expired` one is of no use any more. */
export type MailState = 'waiting' | 'failing' | 'expired' | 'given up'

/** What keeps a mail from being tried again. */
export type RetryObstacle = 'unknown' | 'expired'

export function getMailState({ givenUpAt, expiresAt, lastError }: MailRow, now: Date): MailState {
  if (givenUpAt) return 'given up'
  if (expiresAt <= now) return 'expired'
  return lastError === null ? 'waiting' : 'failing'
}

/** All mails of the outbox, the oldest first. Those that were sent are not there any more. */
export async function* listMails(store: Store): AsyncGenerator<MailRow> {
  const { listAfter } = mailStatements(store)
  let after = ''
  let mails: MailRow[]
  do {
    mails = await listAfter.execute({ after })
    for (const mail of mails) {
      after = mail.id
      yield mail
    }
  } while (mails.length === PAGE_SIZE)
}

/**
 * Makes a mail due now, also one that was given up.
 * @returns undefined when that is done, else what is in the way
 */
export async function retryMail(store: Store, id: string): Promise<RetryObstacle | undefined> {
  const { retry, find } = mailStatements(store)
  const retried = await retry.execute({ id, now: store.now() })
  if (retried.length > 0) return undefined
  return (await find.execute({ id })).length > 0 ? 'expired' : 'unknown'
}

/** How many mails wait, those under way included, and how many were given up. */
export async function countMails(store: Store): Promise<{ waiting: number; givenUp: number }> {
  const { summarizeWaiting, countGivenUp } = mailStatements(store)
  const [waiting] = await summarizeWaiting.execute()
  const [givenUp] = await countGivenUp.execute()
  return { waiting: Number(waiting?.count), givenUp: Number(givenUp?.count) }
}

/** For how many seconds the oldest of the mails that wait has waited; 0 when none waits. */
export async function readOldestAge(store: Store): Promise<number> {
  const [waiting] = await mailStatements(store).summarizeWaiting.execute()
  const now = store.now()
  return (now.getTime() - (waiting?.oldest ?? now).getTime()) / 1000
}
