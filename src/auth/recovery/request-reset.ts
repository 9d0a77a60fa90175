import type { ClientInfo } from '../../http/client-info.ts'
import { toLookupKey } from '../accounts/email-addresses.ts'
import type { AccountServices } from '../accounts/services.ts'
import { assertMailConfigured } from '../mails/assert-configured.ts'

export function createRequestReset({
  store,
  mails,
  mailLimits
}: Pick<AccountServices, 'store' | 'mails' | 'mailLimits'>) {
  /**
   * Has a link to reset the password mailed. The account is looked up when the mail is sent: the request does the same for an
   * e-mail without an account, so neither its answer nor its time tells.
   * @throws {Problem} `mail_not_configured` or `mail_throttled`
   */
  return async function requestReset(email: string, client: ClientInfo): Promise<void> {
    assertMailConfigured(mails)
    const emailKey = toLookupKey(email)
    const limits = mailLimits.prepareCounts({ kind: 'password_reset', emailKey, ip: client.ip })
    await store.atomically(...limits.statements, mails.bindReset(emailKey, 'requested')).catch(limits.explain)
  }
}
