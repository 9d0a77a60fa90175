import type { BoundStatement } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { toNetwork } from '../../http/addresses.ts'
import { Problem } from '../../problems/problem.ts'
import { createKeyedQueue } from '../../process/keyed-queue.ts'
import { hashSubject } from '../hash-subject.ts'
import type { ThrottleRow } from '../tables.ts'
import { throttleStatements } from './statements.ts'

/** Milliseconds after which failures expire, and for which too many failures block an e-mail. */
const DAY_MS = 86_400_000
/** Failures in a row of one e-mail from one network that cost no wait, unless told otherwise. */
const FREE_FAILURES = 5
/** Milliseconds of the longest wait. */
const MAX_DELAY_MS = 900_000
/** Failures in a row of one e-mail, from all networks together (NIST SP 800-63B-4, section 3.2.2). */
const MAX_FAILURES = 100

/** A thing whose failures are counted: an e-mail, or the pair of an e-mail and a network. */
interface Subject {
  readonly id: string
  /** The milliseconds for which so many failures block the subject. */
  readonly toBlockMs: (failures: number) => number
  /** Whether the block does not apply to this attempt. */
  readonly isExempt: () => Promise<boolean>
}

/** How guesses are counted of what is not the password of an e-mail. */
interface AttemptOptions {
  /** The lookup key of the e-mail whose known networks are not locked out. */
  readonly emailKey?: string
  /** Failures in a row from one network that cost no wait. */
  readonly freeFailures?: number
}

/**
 * @param clearFailures the statement that deletes the failures, to run with what the right password brings about
 * @param isBlocking whether further attempts have to wait if this one fails
 */
type Verify<Result> = (clearFailures: BoundStatement, isBlocking: boolean) => Promise<Result | undefined>

/** The end of a subject's block before a failure was counted, which undoing the count restores; and whether it begins one. */
type PreviousBlock = Pick<ThrottleRow, 'id' | 'blockedUntil'> & { readonly isBlocking: boolean }

/**
 * Slows down the guessing of passwords. An e-mail without an account is throttled as any other. The database counts the
 * failures, so all instances count together.
 */
export function createThrottle(store: Store) {
  const { find, insert, updateIfUnchanged, decrementFailures, touch, deleteFailures, listSessionIps } =
    throttleStatements(store)
  // An attempt counts as a failure while it runs. With fewer attempts at a time than free failures, a user who signs in on
  // many devices at once is not throttled.
  const queueAttempt = createKeyedQueue(FREE_FAILURES - 1)

  /**
   * Verifies a password, unless too many failures came before. The attempt counts as a failure from its start, so that
   * parallel guesses cannot pass. A success clears the failures; an error of `verify` undoes the count.
   * @param name the lookup key of the e-mail, or another name of what is guessed
   * @param ip the address of the client
   * @param verify resolves to undefined for a wrong password, and throws when it cannot tell
   * @returns what `verify` resolves to
   * @throws {Problem} `sign_in_throttled`: the password was not verified, and the attempt does not count
   */
  async function attempt<Result>(
    name: string,
    ip: string,
    verify: Verify<Result>,
    { emailKey = name, freeFailures = FREE_FAILURES }: AttemptOptions = {}
  ): Promise<Result | undefined> {
    const network = toNetwork(ip)
    const pair = {
      id: hashSubject(name, network),
      toBlockMs: (failures: number) => toDelayMs(failures, freeFailures),
      isExempt: async () => false
    }
    const account = {
      id: hashSubject(name),
      toBlockMs: toLockoutMs,
      isExempt: () => isKnownNetwork(emailKey, network)
    }
    return queueAttempt(pair.id, () => countedAttempt(pair, account, verify))
  }

  async function countedAttempt<Result>(
    pair: Subject,
    account: Subject,
    verify: Verify<Result>
  ): Promise<Result | undefined> {
    const [pairRow, accountRow] = await assertNotBlocked(pair, account)
    const previousBlocks: PreviousBlock[] = []
    try {
      // Both counts run at the same time, so that they share a commit.
      const results = await Promise.allSettled([
        countFailure(pair, pairRow),
        countFailure(account, accountRow)
      ])
      for (const result of results) if (result.status === 'fulfilled') previousBlocks.push(result.value)
      for (const result of results) if (result.status === 'rejected') throw result.reason
      return await verify(
        deleteFailures.bind({ pair: pair.id, account: account.id }),
        previousBlocks.some(({ isBlocking }) => isBlocking)
      )
    } catch (error) {
      for (const previous of previousBlocks) await decrementFailures.execute(previous)
      throw error
    }
  }

  /** @returns a write that changes nothing, and takes as long as the write for an e-mail that has an account */
  const bindNoOpWrite = (emailKey: string) => touch.bind({ id: hashSubject(emailKey) })

  /** @returns the statement that ends the block of an e-mail, and its failures from the client's network */
  const bindUnblock = (emailKey: string, ip: string) =>
    deleteFailures.bind({ pair: hashSubject(emailKey, toNetwork(ip)), account: hashSubject(emailKey) })

  return { attempt, bindNoOpWrite, bindUnblock }

  /**
   * Whether a session of the account uses the network. Strangers can use up the failures of an account, but cannot lock its
   * owner out (the remedy of NIST SP 800-63B-4, section 3.2.2).
   */
  async function isKnownNetwork(emailKey: string, network: string): Promise<boolean> {
    const rows = await listSessionIps.execute({ emailKey })
    return rows.some(({ ip }) => ip !== null && toNetwork(ip) === network)
  }

  /**
   * @returns the rows of the subjects
   * @throws {Problem} `sign_in_throttled` while one of the subjects is blocked
   */
  async function assertNotBlocked(...subjects: Subject[]): Promise<(ThrottleRow | undefined)[]> {
    const rows: (ThrottleRow | undefined)[] = []
    let wait = 0
    for (const subject of subjects) {
      const row = await findRow(subject)
      rows.push(row)
      const remaining = row ? row.blockedUntil.getTime() - store.now().getTime() : 0
      if (remaining > wait && !(await subject.isExempt())) wait = remaining
    }
    if (wait > 0) throw new Problem('sign_in_throttled', { retryAfter: Math.ceil(wait / 1000) })
    return rows
  }

  /**
   * Finds the row of a subject. A block that is longer than its failures allow was written by an instance whose clock was
   * ahead. The block then begins anew, since the true remaining time is unknown.
   */
  async function findRow({ id, toBlockMs }: Subject): Promise<ThrottleRow | undefined> {
    const [row] = await find.execute({ id })
    const now = store.now()
    const maxBlockedUntil = new Date(now.getTime() + toBlockMs(row?.failures ?? 0))
    if (!row || row.blockedUntil <= maxBlockedUntil) return row

    const corrected = { ...row, blockedUntil: maxBlockedUntil, updatedAt: now }
    await updateIfUnchanged.execute({ ...corrected, seenFailures: row.failures, seenAt: row.updatedAt })
    return corrected
  }

  /** Counts a failure. When somebody else has counted one since the row was read, the row is read and checked again. */
  async function countFailure(subject: Subject, seenRow: ThrottleRow | undefined): Promise<PreviousBlock> {
    const { id, toBlockMs } = subject
    const now = store.now()
    const isRecent = seenRow && now.getTime() - seenRow.updatedAt.getTime() < DAY_MS
    const failures = isRecent ? seenRow.failures + 1 : 1
    const row = { id, failures, blockedUntil: new Date(now.getTime() + toBlockMs(failures)), updatedAt: now }
    const [written] = seenRow
      ? await updateIfUnchanged.execute({
          ...row,
          seenFailures: seenRow.failures,
          seenAt: seenRow.updatedAt
        })
      : await insert.execute(row)
    if (written)
      return { id, blockedUntil: seenRow?.blockedUntil ?? now, isBlocking: toBlockMs(failures) > 0 }

    // The other attempt may have used the last free failure.
    const [latestRow] = await assertNotBlocked(subject)
    return countFailure(subject, latestRow)
  }
}

export type Throttle = ReturnType<typeof createThrottle>

const toDelayMs = (failures: number, freeFailures: number) =>
  failures < freeFailures ? 0 : Math.min(1000 * 2 ** (failures - freeFailures), MAX_DELAY_MS)

const toLockoutMs = (failures: number) => (failures < MAX_FAILURES ? 0 : DAY_MS)
