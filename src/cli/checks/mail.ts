import type { Config } from '../../config/config.ts'
import { isLoopbackHost } from '../../config/mail-settings.ts'
import type { MailTransport } from '../../mail/mail.ts'
import { createMailTransport } from '../../mail/transport.ts'
import { type Finding, ok, warning } from './findings.ts'

/**
 * Checks whether a mail could be sent now, and where its links lead.
 * @throws {MailError} when no mail could be sent
 */
export async function checkMail({ mail }: Config, createTransport = createMailTransport): Promise<Finding> {
  if (!mail) return ok('no mail is sent: MAIL_URL is off or not set')
  await verify(createTransport(mail))
  const openLink = Object.values(mail.links).find(isOpenLink)
  if (openLink)
    return warning(`links in mails lead to ${openLink}, without TLS: others may read what they carry`)
  const { transport } = mail
  return ok(
    transport.kind === 'file' ? `mails are written to ${transport.folder}` : 'the mail server takes mails'
  )
}

/** Whether a link can be read by those on the way. */
function isOpenLink(link: string | undefined): boolean {
  const url = link === undefined ? undefined : new URL(link)
  return url?.protocol === 'http:' && !isLoopbackHost(url.hostname)
}

const verify = (transport: MailTransport) => transport.verify().finally(transport.close)
