import { createHash } from 'node:crypto'
import type { Step } from '../db/engine.ts'
import type { ThrottleRow } from '../db/schema.ts'
import type { Store } from '../db/store.ts'
import { Problem } from '../errors.ts'
import { networkOf } from './network.ts'
import { throttleStatements } from './throttle-statements.ts'
import { turnsOf } from './turns.ts'

/** Milliseconds after which failures are forgotten, and for which an e-mail with too many of them is blocked. */
const DAY = 86_400_000
/** Failures in a row for one e-mail from one address, after which the next attempt has to wait. */
const FREE_FAILURES = 5
/** Milliseconds of the longest such wait. */
const LONGEST_WAIT = 900_000
/** Failures in a row for one e-mail, from whatever addresses (NIST SP 800-63B-4, section 3.2.2). */
const MOST_FAILURES = 100

/** What failures are counted of. */
interface Subject {
  readonly id: string
  /** Milliseconds for which this many failures block it. */
  readonly blockOf: (failures: number) => number
  readonly isExempt: () => Promise<boolean>
}

/** @param forgiving forgets the failures */
type Verify<Result> = (forgiving: Step) => Promise<Result | undefined>

/** Until when a subject was blocked before a failure was counted: what it takes to take that back. */
type Before = Pick<ThrottleRow, 'id' | 'blockedUntil'>

/**
 * Slows the guessing of passwords down, whether there is an account or not. Failures are counted in the database, hence
 * over all instances.
 */
export function throttleOf(store: Store) {
  const { find, add, change, takeBack, touch, clear, addresses } = throttleStatements(store)
  // Attempts under way count as failures: no more of a pair at a time than would be free if they were, lest a user who
  // signs in on many devices at once be taken for a guesser.
  const inTurn = turnsOf(FREE_FAILURES - 1)

  /**
   * Verifies a password, unless too many failures came before. The attempt counts as one from its start, so that parallel
   * guesses do not slip through, until it turns out to be a success, or not to have been verified at all.
   * @param verify resolves to undefined for a wrong password, and throws when it cannot tell. What the right one brings about
   *   it writes together with the step that it is given, which forgets the failures.
   * @returns what `verify` resolves to
   * @throws {Problem} `sign_in_throttled`, neither verified nor counted
   */
  async function attempt<Result>(
    emailKey: string,
    ip: string,
    verify: Verify<Result>
  ): Promise<Result | undefined> {
    const network = networkOf(ip)
    const pair = { id: idOf(emailKey, network), blockOf: delayOf, isExempt: async () => false }
    const account = { id: idOf(emailKey), blockOf: capOf, isExempt: () => isKnown(emailKey, network) }

    return inTurn(pair.id, () => countedAttempt(pair, account, verify))
  }

  async function countedAttempt<Result>(
    pair: Subject,
    account: Subject,
    verify: Verify<Result>
  ): Promise<Result | undefined> {
    const [pairRow, accountRow] = await look(pair, account)
    const counted: Before[] = []
    try {
      // At a time, so that they share a commit.
      const counts = await Promise.allSettled([count(pair, pairRow), count(account, accountRow)])
      for (const outcome of counts) if (outcome.status === 'fulfilled') counted.push(outcome.value)
      for (const outcome of counts) if (outcome.status === 'rejected') throw outcome.reason
      return await verify(clear.with({ pair: pair.id, account: account.id }))
    } catch (error) {
      for (const before of counted) await takeBack.execute(before)
      throw error
    }
  }

  /** A write that changes nothing: for an e-mail without an account, in the time that another's write takes. */
  const writeNothing = (emailKey: string) => touch.with({ id: idOf(emailKey) })

  return { attempt, writeNothing }

  /**
   * Whether the account has been used from there. Strangers can use its failures up, but not so lock its owner out; the
   * section that sets the limit names this remedy.
   */
  async function isKnown(emailKey: string, network: string): Promise<boolean> {
    const rows = await addresses.execute({ emailKey })
    return rows.some(({ ip }) => ip !== null && networkOf(ip) === network)
  }

  /** @throws {Problem} `sign_in_throttled` until none of the subjects is blocked any more */
  async function look(...subjects: Subject[]): Promise<(ThrottleRow | undefined)[]> {
    const rows: (ThrottleRow | undefined)[] = []
    let wait = 0
    for (const subject of subjects) {
      const { isExempt } = subject
      const row = await rowOf(subject)
      rows.push(row)
      const left = row ? row.blockedUntil.getTime() - store.now().getTime() : 0
      if (left > wait && !(await isExempt())) wait = left
    }
    if (wait > 0) throw new Problem('sign_in_throttled', { retryAfter: Math.ceil(wait / 1000) })
    return rows
  }

  /**
   * The row of a subject. One that blocks it for longer than its failures can was written by a clock that was ahead: as
   * that is no reason to wait for longer, nor for a shorter time, the wait begins anew.
   */
  async function rowOf({ id, blockOf }: Subject): Promise<ThrottleRow | undefined> {
    const [row] = await find.execute({ id })
    const now = store.now()
    const latest = new Date(now.getTime() + blockOf(row?.failures ?? 0))
    if (!row || row.blockedUntil <= latest) return row

    const corrected = { ...row, blockedUntil: latest, updatedAt: now }
    await change.execute({ ...corrected, seenFailures: row.failures, seenAt: row.updatedAt })
    return corrected
  }

  /** Counts a failure, if only nobody else has counted one since the row was seen. */
  async function count(subject: Subject, seen: ThrottleRow | undefined): Promise<Before> {
    const { id, blockOf } = subject
    const now = store.now()
    const isRecent = seen && now.getTime() - seen.updatedAt.getTime() < DAY
    const failures = isRecent ? seen.failures + 1 : 1
    const row = { id, failures, blockedUntil: new Date(now.getTime() + blockOf(failures)), updatedAt: now }
    const [written] = seen
      ? await change.execute({ ...row, seenFailures: seen.failures, seenAt: seen.updatedAt })
      : await add.execute(row)
    if (written) return { id, blockedUntil: seen?.blockedUntil ?? now }

    // Another attempt came in between, and may have been the last one that was free.
    const [latest] = await look(subject)
    return count(subject, latest)
  }
}

export type Throttle = ReturnType<typeof throttleOf>

const delayOf = (failures: number) =>
  failures < FREE_FAILURES ? 0 : Math.min(1000 * 2 ** (failures - FREE_FAILURES), LONGEST_WAIT)

const capOf = (failures: number) => (failures < MOST_FAILURES ? 0 : DAY)

/** Who reads the table learns of no e-mail that was tried. */
const idOf = (...subject: string[]) =>
  createHash('sha256').update(JSON.stringify(subject)).digest('base64url')
