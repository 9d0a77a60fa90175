import type { MailConfig } from '../config/mail-settings.ts'
import type { MailTransport } from './mail.ts'
import { createFileTransport } from './transport/file.ts'
import { createSmtpTransport } from './transport/smtp.ts'

/** Makes the way for mails to leave the service that the settings name. */
export const createMailTransport = ({ transport, from }: MailConfig): MailTransport =>
  transport.kind === 'smtp'
    ? createSmtpTransport(transport.url, from)
    : createFileTransport(transport.folder, from)
