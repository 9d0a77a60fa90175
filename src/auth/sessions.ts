import type { Config } from '../config.ts'
import { required, type Step, StepMissed, urgent } from '../db/engine.ts'
import { givenIds } from '../db/read-batches.ts'
import type { EndReason, SessionRow } from '../db/schema.ts'
import type { Store } from '../db/store.ts'
import { Problem } from '../errors.ts'
import { type AccessClaims, assertIsOf, generationOf, isOf, secondsLeft } from './access-tokens.ts'
import { type Device, eventsOf } from './events.ts'
import { refreshOf } from './refresh.ts'
import { sessionStatements } from './session-statements.ts'
import { idleExpiryOf, type TokenPair, type Tokens, tokenPairsOf } from './token-pairs.ts'
import type { User, VerifiedUser } from './users.ts'

/** Which sessions a logout ends: the caller's own, all but that, or all. */
export type LogoutScope = 'local' | 'others' | 'all'

/** Who sends a request, and in which session. */
export interface Identity extends User {
  readonly sessionId: string
}

/** Who sends a request, as the access token has it, before it is known whether its session lives. */
export interface Claim {
  readonly userId: string
  /**
   * What is read, once the session is known to live, which is asked meanwhile. Whatever the reading comes to, a refusal
   * goes first.
   * @throws {Problem} `access_token_revoked` or `…_stale`
   */
  readonly confirmed: <Result>(reading: Promise<Result>) => Promise<Result>
}

/**
 * Sign-ins and what keeps them going. A session is one row, from the sign-in to its end; refreshing changes the row
 * and adds none.
 */
export function sessionsOf(store: Store, tokens: Tokens, config: Config) {
  const { add, hold, holdLatest, find, findSeveral, live, end, endAll, endOthers, surplus, endSurplus } =
    sessionStatements(store)
  const events = eventsOf(store)
  const issue = tokenPairsOf(tokens, config)
  const sessionBy = store.remembered(async ids => {
    const found =
      ids.length === 1 ? await find.execute({ id: ids[0] }) : await findSeveral.execute(givenIds(ids))
    return new Map(found.map(each => [each.session.id, each]))
  })

  /** Claims that were held against their session: whose it is, at least, stays so. */
  const confirmed = new WeakSet<AccessClaims>()

  async function living(claims: AccessClaims): Promise<Identity> {
    const found = await sessionBy(claims.sid)
    if (!found) throw new Problem('access_token_revoked')
    const { session, user } = found
    assertIsOf(claims, session)
    if (session.endedAt) throw new Problem('access_token_revoked')
    if (generationOf(claims) < session.minAccessGeneration) throw new Problem('access_token_stale')
    // It was exchanged for the next one, by an instance whose clock is ahead of this one's.
    if (generationOf(claims) < session.generation) throw new Problem('access_token_expired')
    confirmed.add(claims)
    return { ...user, sessionId: claims.sid }
  }

  /** Ends sessions by a statement that answers with those that it ended, and tells their user. */
  async function endBy(statement: typeof end, ending: Ending, device: Device): Promise<{ id: string }[]> {
    const [ended] = await store.atomically(urgent(statement.with({ ...ending, now: store.now() })))
    await events.tellEndings(ended, ending.userId, ending.reason, device)
    return ended
  }

  /** The same for a session that has to be live itself. @throws {StepMissed} when it is not */
  async function endFor(
    asker: Step<readonly unknown[]>,
    statement: typeof end,
    ending: Ending,
    device: Device
  ): Promise<{ id: string }[]> {
    const step = urgent(statement.with({ ...ending, now: store.now() }))
    const [, ended] = await store.atomically(required(asker), step)
    await events.tellEndings(ended, ending.userId, ending.reason, device)
    return ended
  }

  return {
    /**
     * Begins a session for a user who has proved to be one. Beyond `MAX_SESSIONS` the one idle for longest ends.
     * @param alongside what is to be written together with it
     * @throws {Problem} `invalid_credentials` when the user has been deleted or disabled meanwhile, or has changed the password
     */
    async start(
      { passwordVersion, ...user }: VerifiedUser,
      device: Device,
      type: 'account_created' | 'signed_in' = 'signed_in',
      alongside: readonly Step[] = []
    ): Promise<TokenPair> {
      const now = store.now()
      const session: SessionRow = {
        id: store.newId(),
        userId: user.id,
        generation: 1,
        createdAt: now,
        rotatedAt: now,
        idleExpiresAt: idleExpiryOf(now, config),
        absoluteExpiresAt: new Date(now.getTime() + config.SESSION_TTL * 1000),
        endedAt: null,
        endReason: null,
        minAccessGeneration: 0,
        retryKeyHash: null,
        ...device
      }
      try {
        const event = events.step(user.id, type, device, { sessionId: session.id })
        await store.atomically(required(add.with({ ...session, passwordVersion })), event, ...alongside)
      } catch (error) {
        throw error instanceof StepMissed ? new Problem('invalid_credentials') : error
      }
      const most = { userId: user.id, id: session.id, most: config.MAX_SESSIONS - 1 }
      // To look first costs no commit, and there seldom is any.
      if ((await surplus.execute({ ...most, now })).length > 0)
        await endBy(endSurplus, { ...most, reason: 'too_many_sessions' }, device)
      return issue(session, user, now)
    },

    refresh: refreshOf(store, tokens, config),

    /**
     * Who sends this access token. The session is as it is at this moment, so that its end acts at once.
     * @throws {Problem} `access_token_invalid`, `…_expired`, `…_revoked`, or `…_stale` after a change of the password
     */
    async identify(accessToken: string): Promise<Identity> {
      return living(tokens.access.verify(accessToken))
    },

    /**
     * The same for a request that only reads: it need not wait for the session before it begins, and so does not take a
     * round trip more. The first one with a token does wait, since nothing is read for a user whose session it is not.
     * @throws {Problem} `access_token_invalid` or `…_expired`; the rest comes from `confirmed`, or from the wait
     */
    claim(accessToken: string): Claim | Promise<Claim> {
      const claims = tokens.access.verify(accessToken)
      const claim: Claim = {
        userId: claims.sub,
        async confirmed(reading) {
          // What becomes of it is told below, or does not matter any more.
          reading.catch(() => {})
          await living(claims)
          return reading
        }
      }
      return confirmed.has(claims) ? claim : living(claims).then(() => claim)
    },

    /** A user's live sessions, the last used first. There are at most `MAX_SESSIONS`. */
    async list(userId: string): Promise<SessionRow[]> {
      return live.execute({ userId, now: store.now() })
    },

    /**
     * @throws {Problem} `session_not_found` when the caller has no such live session; `access_token_revoked` when the
     *   caller's own has ended meanwhile
     */
    async end(caller: Identity, id: string, device: Device): Promise<void> {
      const ending = { userId: caller.id, id, reason: 'logout' } as const
      const asker = hold.with({ id: caller.sessionId, userId: caller.id, now: store.now() })
      const ended = await endFor(asker, end, ending, device).catch(error => {
        throw revokedIfMissed(error)
      })
      if (ended.length === 0) throw new Problem('session_not_found')
    },

    /**
     * Logs out. Does nothing, and says nothing, without a token, or when it is not ours or its session has ended. One that
     * would not be let in any more ends its own session at the most: who has an old token need not be its owner.
     * @returns the id of the user whose session it is
     */
    async logout(
      accessToken: string | undefined,
      scope: LogoutScope,
      device: Device
    ): Promise<string | undefined> {
      const claims = accessToken === undefined ? undefined : tokens.access.open(accessToken)
      const [found] = claims ? await find.execute({ id: claims.sid }) : []
      if (!claims || !found || !isOf(claims, found.session)) return undefined

      const ending = { userId: claims.sub, id: claims.sid, reason: 'logout' } as const
      if (scope !== 'local' && secondsLeft(claims, store.now()) > 0) {
        const asker = holdLatest.with({ ...ending, generation: generationOf(claims), now: store.now() })
        const statement = scope === 'all' ? endAll : endOthers
        const isDone = await endFor(asker, statement, ending, device).then(() => true, falseIfMissed)
        if (isDone) return claims.sub
      }
      if (scope !== 'others') await endBy(end, ending, device)
      return claims.sub
    }
  }
}

export type Sessions = ReturnType<typeof sessionsOf>

/** A session that has ended meanwhile takes along what it began: nothing of that was done. */
export const revokedIfMissed = (error: unknown): unknown =>
  error instanceof StepMissed ? new Problem('access_token_revoked') : error

function falseIfMissed(error: unknown): false {
  if (error instanceof StepMissed) return false
  throw error
}

interface Ending {
  readonly userId: string
  readonly reason: EndReason
  readonly id?: string
  readonly most?: number
}
