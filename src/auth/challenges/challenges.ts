import { type BoundStatement, mustAffectRow } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { Problem } from '../../problems/problem.ts'
import { hashSubject } from '../hash-subject.ts'
import type { ChallengeRow } from '../tables.ts'
import type { Codes } from './codes.ts'
import type { ChallengePurpose } from './purposes.ts'
import { challengeStatements } from './statements.ts'

/** Seconds for which a code is good (OWASP ASVS 6.5.5). */
export const CODE_TTL_SECONDS = 600
/** Milliseconds after the first try in which no more than five are made, however many codes are asked for. */
const TRIES_WINDOW_MS = 3_600_000

/** What a challenge is about: an account, or an e-mail that has none yet. */
export type ChallengeSubject = Pick<ChallengeRow, 'purpose' | 'userId' | 'email' | 'username'> &
  Partial<Pick<ChallengeRow, 'passwordHash' | 'passkey'>> & {
    /** The user's id or the lookup key of the e-mail. */
    readonly subject: string
    readonly lifetimeMs?: number
  }

/** A challenge to be made, and how the client names it. */
export interface NewChallenge {
  readonly challengeId: string
  /** In seconds. */
  readonly expiresIn: number
  readonly statement: BoundStatement
}

/** Asks for a code that was mailed. */
export function createChallenges(store: Store, codes: Codes) {
  const statements = challengeStatements(store)

  /** @returns the challenge with the statement that makes it: NoRowAffected means that no try is left */
  function prepareChallenge({
    subject,
    lifetimeMs = CODE_TTL_SECONDS * 1000,
    ...row
  }: ChallengeSubject): NewChallenge {
    const now = store.now()
    const challengeId = store.newId()
    const statement = mustAffectRow(
      statements.replace.bind({
        passwordHash: null,
        passkey: null,
        ...row,
        id: hashSubject(row.purpose, subject),
        challengeId,
        tries: 0,
        triesEndAt: now,
        expiresAt: new Date(now.getTime() + lifetimeMs),
        ...toWindow(now)
      })
    )
    return { challengeId, expiresIn: lifetimeMs / 1000, statement }
  }

  /**
   * Checks a code. Each call is one of the tries.
   * @param isMeant whether the challenge is of the purpose and of the account
   * @returns the challenge
   * @throws {Problem} `code_wrong`, `challenge_expired`, also for a challenge of somebody else or another purpose, or
   *   `too_many_tries`
   */
  async function check(
    { challengeId, code }: { readonly challengeId: string; readonly code: string },
    isMeant: (challenge: ChallengeRow) => boolean
  ): Promise<ChallengeRow> {
    const now = store.now()
    const [known] = await statements.find.execute({ challengeId })
    if (!known || known.purpose === 'invitation' || !isMeant(known) || known.expiresAt <= now)
      throw new Problem('challenge_expired')
    const [challenge] = await statements.countTry.execute({ challengeId, ...toWindow(now) })
    if (!challenge) throw await explainNoTry(challengeId, now)
    if (!codes.verify(challengeId, code)) throw new Problem('code_wrong')
    return challenge
  }

  async function explainNoTry(challengeId: string, now: Date): Promise<Problem> {
    const [row] = await statements.find.execute({ challengeId })
    return row ? tooManyTries(row, now) : new Problem('challenge_expired')
  }

  /** The problem of a subject without tries. */
  async function explainNoTryFor(purpose: ChallengePurpose, subject: string): Promise<Problem> {
    const [row] = await statements.findById.execute({ id: hashSubject(purpose, subject) })
    return tooManyTries(row, store.now())
  }

  return {
    prepareChallenge,
    check,
    explainNoTryFor,
    /** The statement that removes a challenge: of several uses at once, one affects the row. */
    bindUse: ({ challengeId }: Pick<ChallengeRow, 'challengeId'>) =>
      mustAffectRow(statements.remove.bind({ challengeId })),
    /** The statement that voids a change of the e-mail that has begun. */
    bindVoidEmailChange: (userId: string) =>
      statements.voidEmailChange.bind({ userId, challengeId: store.newId() })
  }
}

export type Challenges = ReturnType<typeof createChallenges>

const toWindow = (now: Date) => ({ now, windowEnd: new Date(now.getTime() + TRIES_WINDOW_MS) })

const tooManyTries = (row: ChallengeRow | undefined, now: Date) =>
  new Problem('too_many_tries', {
    retryAfter: Math.max(1, Math.ceil(((row?.triesEndAt ?? now).getTime() - now.getTime()) / 1000))
  })
