import { isUndoneBy, mustAffectRow } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { type Fault, Problem, validationFailed } from '../../problems/problem.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import { assertPasswordChanges, findGuessableError } from '../passwords/policy.ts'
import { passwordStatements } from '../passwords/statements.ts'
import { createTokenEnds } from '../personal-access-tokens/end.ts'
import { createStepUp } from '../reauthentication/step-up.ts'
import { hashRetryKey } from '../sessions/refresh.ts'
import { sessionStatements } from '../sessions/statements.ts'
import type { SessionRow } from '../tables.ts'
import { calculateIdleExpiry, createTokenPairIssuer, type TokenPair } from '../tokens/token-pairs.ts'
import type { Identity } from '../user.ts'
import type { PasswordChange } from './schemas.ts'
import type { AccountServices } from './services.ts'

/** The hash of an account without a password. */
const NO_PASSWORD = ''

export function createChangePassword(services: AccountServices) {
  const { store, passwordHasher, tokens, config, challenges, mails } = services
  const { findHash, replaceHash } = passwordStatements(store)
  const { markTokensStale, rotateLive, endOthers } = sessionStatements(store)
  const { bindEndAll, bindEndEvents } = createTokenEnds(store)
  const auditLog = createAuditLog(store)
  const issueTokenPair = createTokenPairIssuer(tokens, config)
  const stepUp = createStepUp(services)

  /**
   * Sets a new password. All access tokens of the account become stale. The sessions go on: each gets a new access token by
   * a refresh, even before the old one has expired. Other sessions and all personal access tokens end on demand. An account
   * without a password gets its first one from a fresh session.
   * @param idempotencyKey lets a refresh of the present pair with the same key get the new pair when the answer was lost
   * @returns a new pair for the caller's session
   * @throws {Problem} `reauthentication_required`; `password_wrong`, `sign_in_throttled` or `overloaded`; `validation_failed`
   *   for a new password that is easy to guess or is the present one, or without the present one; `access_token_revoked` when
   *   the session has ended meanwhile
   */
  return async function changePassword(
    caller: Identity,
    change: PasswordChange,
    client: ClientInfo,
    idempotencyKey?: string
  ): Promise<TokenPair> {
    const { currentPassword, newPassword, endOtherSessions } = change
    const faults = await findFaults(caller, change)
    if (faults.length > 0) throw validationFailed(...faults)
    const { lock, currentHash = NO_PASSWORD, refuse } = await stepUp(caller, currentPassword, client)
    if (currentPassword !== undefined) assertPasswordChanges(newPassword, currentPassword)
    const passwordHash = await passwordHasher.hash(newPassword)
    // Read after hashing, which may have had to wait: the new pair lives from this moment.
    const now = store.now()
    const reason = 'password_changed'
    const sessionParams = { id: caller.sessionId, userId: caller.id, now }
    const hashUpdate = mustAffectRow(replaceHash.bind({ userId: caller.id, currentHash, passwordHash }))
    const [, , , , [session], , ended = [], endedTokens = []] = await store
      .atomically(
        challenges.bindVoidEmailChange(caller.id),
        lock,
        hashUpdate,
        markTokensStale.bind({ userId: caller.id }),
        rotateLive.bind({
          ...sessionParams,
          idleExpiresAt: calculateIdleExpiry(now, config),
          retryKeyHash: hashRetryKey(idempotencyKey)
        }),
        mails.bindNotice('password_changed', caller, client),
        ...(endOtherSessions ? [endOthers.bind({ ...sessionParams, reason }), bindEndAll(caller.id)] : [])
      )
      .catch(error => {
        // Another change came first: the given password is no longer the current one.
        if (isUndoneBy(error, hashUpdate)) throw new Problem('password_wrong')
        return refuse(error)
      })
    await auditLog.recordSessionEnds(
      ended,
      { userId: caller.id, reason, source: client },
      auditLog.bindEvent(caller.id, 'password_changed', client, { sessionId: caller.sessionId }),
      ...bindEndEvents(endedTokens, { userId: caller.id, reason, source: client })
    )
    return issueTokenPair(session as SessionRow, caller, now)
  }

  async function findFaults(
    caller: Identity,
    { currentPassword, newPassword }: PasswordChange
  ): Promise<Fault[]> {
    const isMissing = currentPassword === undefined && (await hasPassword(caller))
    const guessable = findGuessableError(newPassword, caller, '/newPassword')
    return [
      ...(isMissing ? [{ pointer: '/currentPassword', detail: 'is required' }] : []),
      ...(guessable ? [guessable] : [])
    ]
  }

  /** To change a password takes the present one, however fresh the session is (OWASP ASVS 6.2.3). */
  async function hasPassword({ id: userId }: Identity): Promise<boolean> {
    const [user] = await findHash.execute({ userId })
    return Boolean(user?.passwordHash)
  }
}
