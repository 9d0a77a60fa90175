import { mustAffectRow } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { toLookupKey } from '../accounts/email-addresses.ts'
import type { PasswordReset } from '../accounts/schemas.ts'
import type { AccountServices } from '../accounts/services.ts'
import { accountStatements } from '../accounts/statements.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import { createRemoveAllFactors } from '../factors/remove-all.ts'
import { assertMailConfigured } from '../mails/assert-configured.ts'
import { assertNotGuessable } from '../passwords/policy.ts'
import { createTokenEnds } from '../personal-access-tokens/end.ts'
import { refuseIfNoRow } from '../refuse-if-no-row.ts'
import { sessionStatements } from '../sessions/statements.ts'
import type { UserRow } from '../user.ts'
import { recoveryStatements } from './statements.ts'

export function createResetPassword({
  store,
  passwordHasher,
  throttle,
  mails,
  challenges,
  links
}: Pick<AccountServices, 'store' | 'passwordHasher' | 'throttle' | 'mails' | 'challenges' | 'links'>) {
  const { findById } = accountStatements(store)
  const { resetPassword: setPassword } = recoveryStatements(store)
  const { endAll, markTokensStale } = sessionStatements(store)
  const { bindEndAll, bindEndEvents } = createTokenEnds(store)
  const prepareRemoval = createRemoveAllFactors(store, mails)
  const auditLog = createAuditLog(store)

  /**
   * Finds the account that a link may give a new password. Nothing changes, so whoever follows the links of a mail may ask.
   * @throws {Problem} `mail_not_configured`, `link_invalid`, `link_expired`, `link_used` or `account_disabled`
   */
  async function findResetAccount(token: string): Promise<UserRow> {
    assertMailConfigured(mails)
    const claims = links.reset.verify(token)
    if (!claims) throw new Problem('link_invalid')
    if (claims.expiresAt <= store.now().getTime()) throw new Problem('link_expired')
    const [user] = await findById.execute({ userId: claims.userId })
    const isCurrent =
      user?.passwordVersion === claims.passwordVersion && user.emailVersion === claims.emailVersion
    if (!user || !isCurrent) throw new Problem('link_used')
    if (user.disabledAt) throw new Problem('account_disabled')
    return user
  }

  /**
   * Sets a new password by a link that was mailed. The link is good once: one conditional UPDATE decides. All sessions and
   * personal access tokens end, unless they are told to go on; sessions then get new tokens. Nobody is signed in.
   * Of an address that was never verified, the link is the first proof: whoever made the account may be somebody else. So all
   * that lets somebody in ends in any case, also second factors.
   * @throws {Problem} as `findResetAccount` does; `validation_failed` for a password that is easy to guess; `overloaded`
   */
  async function resetPassword(
    { token, newPassword, endSessions: isEndAsked = true }: PasswordReset,
    client: ClientInfo
  ): Promise<void> {
    const user = await findResetAccount(token)
    const { id: userId, passwordVersion, emailVersion } = user
    assertNotGuessable(newPassword, user, '/newPassword')
    const passwordHash = await passwordHasher.hash(newPassword)
    const endSessions = isEndAsked || !user.emailVerified
    const removal = user.emailVerified ? [] : (await prepareRemoval(user, client)).statements
    const reason = 'password_reset'
    const end = { userId, reason, source: client } as const
    const [, , ended, , , , endedTokens = []] = await store
      .atomically(
        challenges.bindVoidEmailChange(userId),
        mustAffectRow(setPassword.bind({ userId, passwordVersion, emailVersion, passwordHash })),
        endSessions ? endAll.bind({ userId, now: store.now(), reason }) : markTokensStale.bind({ userId }),
        throttle.bindUnblock(toLookupKey(user.email), client.ip),
        auditLog.bindEvent(userId, 'password_reset', client),
        mails.bindNotice('password_reset_done', user, client),
        ...(endSessions ? [bindEndAll(userId)] : []),
        ...removal
      )
      .catch(refuseIfNoRow('link_used'))
    if (endSessions)
      await auditLog.recordSessionEnds(
        ended as readonly { id: string }[],
        end,
        ...bindEndEvents(endedTokens as readonly { id: string }[], end)
      )
  }

  return { findResetAccount, resetPassword }
}
