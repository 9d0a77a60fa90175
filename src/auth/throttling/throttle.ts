import { createHash } from 'node:crypto'
import type { BoundStatement } from '../../db/engine.ts'
import type { Store } from '../../db/store.ts'
import { toNetwork } from '../../http/network.ts'
import { Problem } from '../../problems/problem.ts'
import type { ThrottleRow } from '../tables.ts'
import { createKeyedLimit } from './keyed-limit.ts'
import { throttleStatements } from './statements.ts'

/** Milliseconds after which failures are forgotten, and for which an e-mail with too many of them is blocked. */
const DAY_MS = 86_400_000
/** Failures in a row for one e-mail from one address, after which the next attempt has to wait. */
const FREE_FAILURES = 5
/** Milliseconds of the longest such wait. */
const MAX_DELAY_MS = 900_000
/** Failures in a row for one e-mail, from whatever addresses (NIST SP 800-63B-4, section 3.2.2). */
const MAX_FAILURES = 100

/** What failures are counted of. */
interface Subject {
  readonly id: string
  /** Milliseconds for which this many failures block it. */
  readonly toBlockMs: (failures: number) => number
  readonly isExempt: () => Promise<boolean>
}

/** @param forgiving forgets the failures */
type Verify<Result> = (clearFailures: BoundStatement) => Promise<Result | undefined>

/** Until when a subject was blocked before a failure was counted: what it takes to take that back. */
type PreviousBlock = Pick<ThrottleRow, 'id' | 'blockedUntil'>

/**
 * Slows the guessing of passwords down, whether there is an account or not. Failures are counted in the database, hence
 * over all instances.
 */
export function createThrottle(store: Store) {
  const {
    find,
    insert: add,
    updateIfUnchanged: change,
    decrementFailures: takeBack,
    touch,
    deleteFailures: clear,
    listSessionIps: addresses
  } = throttleStatements(store)
  // Attempts under way count as failures: no more of a pair at a time than would be free if they were, lest a user who
  // signs in on many devices at once be taken for a guesser.
  const limitConcurrency = createKeyedLimit(FREE_FAILURES - 1)

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
    const network = toNetwork(ip)
    const pair = { id: hashSubject(emailKey, network), toBlockMs: toDelayMs, isExempt: async () => false }
    const account = {
      id: hashSubject(emailKey),
      toBlockMs: toLockoutMs,
      isExempt: () => isKnownNetwork(emailKey, network)
    }

    return limitConcurrency(pair.id, () => countedAttempt(pair, account, verify))
  }

  async function countedAttempt<Result>(
    pair: Subject,
    account: Subject,
    verify: Verify<Result>
  ): Promise<Result | undefined> {
    const [pairRow, accountRow] = await assertNotBlocked(pair, account)
    const previousBlocks: PreviousBlock[] = []
    try {
      // At a time, so that they share a commit.
      const results = await Promise.allSettled([
        countFailure(pair, pairRow),
        countFailure(account, accountRow)
      ])
      for (const result of results) if (result.status === 'fulfilled') previousBlocks.push(result.value)
      for (const result of results) if (result.status === 'rejected') throw result.reason
      return await verify(clear.bind({ pair: pair.id, account: account.id }))
    } catch (error) {
      for (const previous of previousBlocks) await takeBack.execute(previous)
      throw error
    }
  }

  /** A write that changes nothing: for an e-mail without an account, in the time that another's write takes. */
  const bindNoOpWrite = (emailKey: string) => touch.bind({ id: hashSubject(emailKey) })

  return { attempt, writeNothing: bindNoOpWrite }

  /**
   * Whether the account has been used from there. Strangers can use its failures up, but not so lock its owner out; the
   * section that sets the limit names this remedy.
   */
  async function isKnownNetwork(emailKey: string, network: string): Promise<boolean> {
    const rows = await addresses.execute({ emailKey })
    return rows.some(({ ip }) => ip !== null && toNetwork(ip) === network)
  }

  /** @throws {Problem} `sign_in_throttled` until none of the subjects is blocked any more */
  async function assertNotBlocked(...subjects: Subject[]): Promise<(ThrottleRow | undefined)[]> {
    const rows: (ThrottleRow | undefined)[] = []
    let wait = 0
    for (const subject of subjects) {
      const { isExempt } = subject
      const row = await findRow(subject)
      rows.push(row)
      const remaining = row ? row.blockedUntil.getTime() - store.now().getTime() : 0
      if (remaining > wait && !(await isExempt())) wait = remaining
    }
    if (wait > 0) throw new Problem('sign_in_throttled', { retryAfter: Math.ceil(wait / 1000) })
    return rows
  }

  /**
   * The row of a subject. One that blocks it for longer than its failures can was written by a clock that was ahead: as
   * that is no reason to wait for longer, nor for a shorter time, the wait begins anew.
   */
  async function findRow({ id, toBlockMs: blockOf }: Subject): Promise<ThrottleRow | undefined> {
    const [row] = await find.execute({ id })
    const now = store.now()
    const maxBlockedUntil = new Date(now.getTime() + blockOf(row?.failures ?? 0))
    if (!row || row.blockedUntil <= maxBlockedUntil) return row

    const corrected = { ...row, blockedUntil: maxBlockedUntil, updatedAt: now }
    await change.execute({ ...corrected, seenFailures: row.failures, seenAt: row.updatedAt })
    return corrected
  }

  /** Counts a failure, if only nobody else has counted one since the row was seen. */
  async function countFailure(subject: Subject, seenRow: ThrottleRow | undefined): Promise<PreviousBlock> {
    const { id, toBlockMs: blockOf } = subject
    const now = store.now()
    const isRecent = seenRow && now.getTime() - seenRow.updatedAt.getTime() < DAY_MS
    const failures = isRecent ? seenRow.failures + 1 : 1
    const row = { id, failures, blockedUntil: new Date(now.getTime() + blockOf(failures)), updatedAt: now }
    const [written] = seenRow
      ? await change.execute({ ...row, seenFailures: seenRow.failures, seenAt: seenRow.updatedAt })
      : await add.execute(row)
    if (written) return { id, blockedUntil: seenRow?.blockedUntil ?? now }

    // Another attempt came in between, and may have been the last one that was free.
    const [latestRow] = await assertNotBlocked(subject)
    return countFailure(subject, latestRow)
  }
}

export type Throttle = ReturnType<typeof createThrottle>

const toDelayMs = (failures: number) =>
  failures < FREE_FAILURES ? 0 : Math.min(1000 * 2 ** (failures - FREE_FAILURES), MAX_DELAY_MS)

const toLockoutMs = (failures: number) => (failures < MAX_FAILURES ? 0 : DAY_MS)

/** Who reads the table learns of no e-mail that was tried. */
const hashSubject = (...subject: string[]) =>
  createHash('sha256').update(JSON.stringify(subject)).digest('base64url')
