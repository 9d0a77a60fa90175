import { mustAffectRow } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { toLookupKey } from '../accounts/email-addresses.ts'
import type { AccountServices } from '../accounts/services.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import { assertMailConfigured } from '../mails/assert-configured.ts'
import { createTokenEnds } from '../personal-access-tokens/end.ts'
import { refuseIfNoRow } from '../refuse-if-no-row.ts'
import { sessionStatements } from '../sessions/statements.ts'
import { ONLY_BY_OPERATORS } from './problems.ts'
import { emailStatements } from './statements.ts'

export function createRevertEmail({
  store,
  mails,
  challenges,
  links
}: Pick<AccountServices, 'store' | 'mails' | 'challenges' | 'links'>) {
  const { findFormer, removeFormer, removeLaterFormer, revert } = emailStatements(store)
  const { endAll } = sessionStatements(store)
  const { bindEndAll, bindEndEvents } = createTokenEnds(store)
  const auditLog = createAuditLog(store)

  /**
   * Finds the account whose former e-mail a link puts back. Nothing changes, so whoever follows the links of a mail may ask.
   * @returns the user name, and the former e-mail
   * @throws {Problem} `mail_not_configured`, `link_invalid`, `link_expired` or `link_used`
   */
  async function findRevert(token: string) {
    assertMailConfigured(mails)
    const claims = links.revert.verify(token)
    if (!claims) throw new Problem('link_invalid')
    const [found] = await findFormer.execute({ formerId: claims.id })
    if (!found) throw new Problem('link_used', ONLY_BY_OPERATORS)
    const { former, user } = found
    if (former.expiresAt <= store.now()) throw new Problem('link_expired', ONLY_BY_OPERATORS)
    return { formerId: former.id, userId: user.id, username: user.username, email: former.email }
  }

  /**
   * Puts a former e-mail back and ends all sessions and personal access tokens: somebody else has changed the e-mail. A link to set a new password goes
   * to the address, since that person knows the present one.
   * @returns the e-mail that the account has again
   * @throws {Problem} as `findRevert` does
   */
  async function revertEmail(token: string, client: ClientInfo): Promise<{ email: string }> {
    const { formerId, userId, email } = await findRevert(token)
    const now = store.now()
    const reason = 'email_reverted'
    const [, , , , ended, , , endedTokens] = await store
      .atomically(
        challenges.bindVoidEmailChange(userId),
        mustAffectRow(removeFormer.bind({ formerId, now })),
        removeLaterFormer.bind({ userId, formerId }),
        mustAffectRow(revert.bind({ userId, email, emailKey: toLookupKey(email) })),
        endAll.bind({ userId, now, reason }),
        auditLog.bindEvent(userId, 'email_reverted', client),
        mails.bindReset(email, reason),
        bindEndAll(userId)
      )
      .catch(refuseIfNoRow('link_used', ONLY_BY_OPERATORS))
    const end = { userId, reason, source: client } as const
    await auditLog.recordSessionEnds(ended, end, ...bindEndEvents(endedTokens, end))
    return { email }
  }

  return { findRevert, revertEmail }
}
