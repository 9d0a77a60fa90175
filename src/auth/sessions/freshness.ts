import type { Config } from '../../config/config.ts'
import { type BoundStatement, isUndoneBy, mustAffectRow } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { Problem, type ProblemCode } from '../../problems/problem.ts'
import { getSessionExpiry } from '../tokens/token-pairs.ts'
import type { Identity } from '../user.ts'
import { getRequiredLevel, toAcr } from './authentication.ts'
import { sessionStatements } from './statements.ts'

/**
 * Demands of a session that its user has authenticated a short time ago, at the level that the account asks for (OWASP ASVS
 * 7.5.1). Whatever could take an account over asks for that.
 */
export function createFreshness(store: Store, { session: { reauthenticationMs } }: Pick<Config, 'session'>) {
  const { lockFresh, lockAtLevel, lockByPassword, findWithUser } = sessionStatements(store)

  /** The problem, with a challenge that says what is needed (RFC 9470, section 3). */
  const createProblem = ({ requiredLevel }: Pick<Identity, 'requiredLevel'>, detail?: string) =>
    new Problem('reauthentication_required', {
      ...(detail !== undefined && { detail }),
      headers: {
        'www-authenticate':
          'Bearer error="insufficient_user_authentication", ' +
          'error_description="A recent authentication is required", ' +
          `acr_values="${toAcr(requiredLevel)}", max_age="${reauthenticationMs / 1000}"`
      }
    })

  // A time that is further ahead was written by an instance whose clock was ahead.
  const isRecent = (authenticatedAt: Date) =>
    Math.abs(store.now().getTime() - authenticatedAt.getTime()) < reauthenticationMs

  const isFresh = ({ authenticatedAt, assuranceLevel, requiredLevel }: Identity) =>
    authenticatedAt !== null && isRecent(authenticatedAt) && assuranceLevel >= requiredLevel

  /** Made when the statement runs: a password may have been hashed since it was bound. */
  const toParams = ({ id: userId, sessionId: id }: Identity) => {
    const now = store.now()
    return {
      id,
      userId,
      now,
      authenticatedAfter: new Date(now.getTime() - reauthenticationMs),
      authenticatedBefore: new Date(now.getTime() + reauthenticationMs)
    }
  }

  /** Finds out why a lock found no session. */
  async function explain({ sessionId }: Identity, otherCause?: ProblemCode): Promise<Problem> {
    const [row] = await findWithUser.execute({ id: sessionId })
    const isLive = row && !row.session.endedAt && store.now() < getSessionExpiry(row.session)
    if (!isLive) return new Problem('access_token_revoked')
    const requiredLevel = getRequiredLevel(row)
    return otherCause && requiredLevel === 1 ? new Problem(otherCause) : createProblem({ requiredLevel })
  }

  return {
    isFresh,
    createProblem,

    /** When a session that is authenticated now stops being fresh. */
    getEnd: (authenticatedAt: Date): Date => new Date(authenticatedAt.getTime() + reauthenticationMs),

    /** @throws {Problem} `reauthentication_required` */
    assertFresh(caller: Identity): void {
      if (!isFresh(caller)) throw createProblem(caller)
    },

    /** The statement that comes into the transaction, so that it takes effect only while the session lives and is fresh. */
    bindLock: (caller: Identity): BoundStatement<{ id: string }[]> =>
      mustAffectRow(lockFresh.bind(() => toParams(caller))),

    /** The same for what a level is enough for, however long ago the user has authenticated. */
    bindLevelLock: (caller: Identity, level: number): BoundStatement<{ id: string }[]> =>
      mustAffectRow(lockAtLevel.bind(() => ({ ...toParams(caller), level }))),

    /** The same for what is asked for with the password: it takes effect only while no second factor is asked for. */
    bindPasswordLock: (caller: Identity, currentHash: string): BoundStatement<{ id: string }[]> =>
      mustAffectRow(lockByPassword.bind(() => ({ ...toParams(caller), currentHash }))),

    /**
     * Makes a handler for `.catch` of a transaction with one of the locks. Other errors pass unchanged.
     * @param otherCause the problem when the session lives, and the account asks for no second factor
     * @throws {Problem} `access_token_revoked` when the session has ended; `reauthentication_required`
     */
    refuseUnlessFresh:
      (caller: Identity, lock: BoundStatement, otherCause?: ProblemCode) =>
      async (error: unknown): Promise<never> => {
        throw isUndoneBy(error, lock) ? await explain(caller, otherCause) : error
      }
  }
}

export type Freshness = ReturnType<typeof createFreshness>
