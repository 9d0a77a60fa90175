import type { MailConfig } from '../config/mail-settings.ts'
import type { MailTransport } from './mail.ts'
import { createFileTransport } from './transport/file.ts'
import { createSmtpTransport } from './transport/smtp.ts'

/** Makes the way for mails to leave the service that the settings name. */
export const createMailTransport = ({ transport, from }: MailConfig): MailTransport =>
  transport.kind === 'smtp'
    ? createSmtpTransport(transport.url, from)
    : createFileTransport(transport.folder, from)

/** Says where mails go, without the password of the server. */
export function describeMailTransport(mail: MailConfig | undefined): string {
  if (!mail) return 'No mail is sent: MAIL_URL is off or not set'
  const { transport } = mail
  return transport.kind === 'smtp'
    ? `Mails are sent by ${new URL(transport.url).host}`
    : `Mails are written to ${transport.folder}`
}
