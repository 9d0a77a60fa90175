import type { Config } from '../../config/config.ts'
import { isUndoneBy, mayUseReserve, mustAffectRow, NoRowAffected } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem, validationFailed } from '../../problems/problem.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import { createAuthMails } from '../mails/mails.ts'
import { refuseIfNoRow } from '../refuse-if-no-row.ts'
import { createFreshness } from '../sessions/freshness.ts'
import { sessionStatements } from '../sessions/statements.ts'
import type { Identity } from '../user.ts'
import { createTokenAuthentication } from './authenticate.ts'
import { createLastUse } from './last-use.ts'
import { DEFAULT_TOKEN_TTL, MAX_TOKEN_TTL } from './limits.ts'
import type { NewPersonalAccessToken } from './schemas.ts'
import { personalAccessTokenStatements } from './statements.ts'
import type { PersonalAccessTokenRow } from './tables.ts'
import { createTokenText, hashToken } from './token-text.ts'

/** A token as its owner sees it. Nobody sees its hash. */
export type PersonalAccessToken = Omit<PersonalAccessTokenRow, 'tokenHash'>

/** What personal access tokens need. */
export interface PersonalAccessTokenServices {
  readonly store: Store
  readonly config: Config
  /** Gets the error when the last use of a token could not be recorded. */
  readonly onUseNotRecorded: (error: unknown) => void
}

/** Tokens for programs that act for a user within scopes: made, listed and revoked by the user, who is signed in. */
export function createPersonalAccessTokens({ store, config, onUseNotRecorded }: PersonalAccessTokenServices) {
  const statements = personalAccessTokenStatements(store)
  const { lockLive } = sessionStatements(store)
  const freshness = createFreshness(store, config)
  const auditLog = createAuditLog(store)
  const mails = createAuthMails(store, config.mail !== undefined)
  const lastUse = createLastUse(store, onUseNotRecorded)

  /**
   * Makes a token. Only its hash is kept, so that this is the only time that it is seen.
   * @throws {Problem} `reauthentication_required`, `validation_failed` or `too_many_personal_access_tokens`;
   *   `access_token_revoked` when the session has ended meanwhile
   */
  async function create(
    caller: Identity,
    body: NewPersonalAccessToken,
    client: ClientInfo
  ): Promise<PersonalAccessToken & { readonly token: string }> {
    freshness.assertFresh(caller)
    const createdAt = store.now()
    const token = createTokenText()
    const { id: userId, sessionId } = caller
    const name = body.name.trim()
    const lock = freshness.bindLock(caller)
    const [, [row]] = await store
      .atomically(
        lock,
        mustAffectRow(
          statements.insert.bind({
            id: store.newId(),
            userId,
            tokenHash: hashToken(token),
            name,
            scopes: body.scopes,
            createdAt,
            expiresAt: toExpiry(body, createdAt),
            lastUsedAt: null
          })
        ),
        auditLog.bindEvent(userId, 'token_created', client, { sessionId }),
        mails.bindNotice('token_created', caller, client, { tokenName: name })
      )
      .catch(error => {
        if (error instanceof NoRowAffected && error.statement !== lock)
          throw new Problem('too_many_personal_access_tokens')
        return freshness.refuseUnlessFresh(caller, lock)(error)
      })
    return { ...(row as PersonalAccessToken), token }
  }

  /**
   * Ends a token at once.
   * @throws {Problem} `personal_access_token_not_found`; `access_token_revoked` when the session has ended meanwhile
   */
  async function revoke(caller: Identity, id: string, client: ClientInfo): Promise<void> {
    const { id: userId, sessionId } = caller
    const lock = mustAffectRow(lockLive.bind({ id: sessionId, userId, now: store.now() }))
    await store
      .atomically(
        lock,
        mayUseReserve(mustAffectRow(statements.remove.bind({ id, userId }))),
        mayUseReserve(auditLog.bindEvent(userId, 'token_revoked', client, { sessionId }))
      )
      .catch(error => {
        if (isUndoneBy(error, lock)) throw new Problem('access_token_revoked')
        return refuseIfNoRow('personal_access_token_not_found')(error)
      })
  }

  return {
    ...createTokenAuthentication(store, lastUse),
    create,
    revoke,

    /** A user's tokens, the latest first. */
    list: async (userId: string): Promise<PersonalAccessToken[]> => statements.list.execute({ userId }),

    /** @throws {Problem} `personal_access_token_not_found` */
    async get(userId: string, id: string): Promise<PersonalAccessToken> {
      const [row] = await statements.find.execute({ userId, id })
      if (!row) throw new Problem('personal_access_token_not_found')
      return row
    },

    /** Resolves when all uses are recorded. */
    drain: lastUse.drain
  }
}

export type PersonalAccessTokens = ReturnType<typeof createPersonalAccessTokens>

/** @throws {Problem} `validation_failed` */
function toExpiry({ expiresAt, expiresIn }: NewPersonalAccessToken, now: Date): Date {
  if (expiresAt === undefined) return new Date(now.getTime() + (expiresIn ?? DEFAULT_TOKEN_TTL) * 1000)
  if (expiresIn !== undefined)
    throw validationFailed({ pointer: '/expiresIn', detail: 'says the same as expiresAt; give one of them' })
  const expiry = new Date(expiresAt)
  const lifetime = expiry.getTime() - now.getTime()
  if (lifetime > 0 && lifetime <= MAX_TOKEN_TTL * 1000) return expiry
  const detail =
    lifetime > 0
      ? `is more than ${MAX_TOKEN_TTL / 86_400} days away; give an earlier instant`
      : 'has passed; give an instant in the future'
  throw validationFailed({ pointer: '/expiresAt', detail })
}
