import type { Config } from '../../config/config.ts'
import { type BoundStatement, mustAffectRow, NoRowAffected } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { Problem } from '../../problems/problem.ts'
import type { Identity } from '../user.ts'
import { toAcr } from './authentication.ts'
import { sessionStatements } from './statements.ts'

/**
 * Demands of a session that its user has authenticated a short time ago, at the level that the account asks for (OWASP ASVS
 * 7.5.1). Whatever could take an account over asks for that.
 */
export function createFreshness(store: Store, { session: { reauthenticationMs } }: Pick<Config, 'session'>) {
  const { lockFresh } = sessionStatements(store)

  /** The problem, with a challenge that says what is needed (RFC 9470, section 3). */
  const toProblem = ({ requiredLevel }: Pick<Identity, 'requiredLevel'>) =>
    new Problem('reauthentication_required', {
      headers: {
        'www-authenticate':
          'Bearer error="insufficient_user_authentication", ' +
          'error_description="A recent authentication is required", ' +
          `acr_values="${toAcr(requiredLevel)}", max_age="${reauthenticationMs / 1000}"`
      }
    })

  const isFresh = ({ authenticatedAt, assuranceLevel, requiredLevel }: Identity) =>
    authenticatedAt !== null &&
    store.now().getTime() - authenticatedAt.getTime() < reauthenticationMs &&
    assuranceLevel >= requiredLevel

  return {
    isFresh,

    /** @throws {Problem} `reauthentication_required` */
    assertFresh(caller: Identity): void {
      if (!isFresh(caller)) throw toProblem(caller)
    },

    /** The statement that comes into the transaction, so that it takes effect only while the session lives and is fresh. */
    bindLock: (caller: Identity): BoundStatement<{ id: string }[]> => {
      const now = store.now()
      return mustAffectRow(
        lockFresh.bind({
          id: caller.sessionId,
          userId: caller.id,
          now,
          authenticatedAfter: new Date(now.getTime() - reauthenticationMs)
        })
      )
    },

    /**
     * Makes a handler for `.catch` of a transaction with the lock. Other errors pass unchanged.
     * @throws {Problem} `reauthentication_required` when the lock found no session
     */
    refuseUnlessFresh:
      (caller: Identity, lock: BoundStatement) =>
      (error: unknown): never => {
        throw error instanceof NoRowAffected && error.statement === lock ? toProblem(caller) : error
      }
  }
}

export type Freshness = ReturnType<typeof createFreshness>
