import { domainToASCII } from 'node:url'
import type { SendMailOptions } from 'nodemailer'
import { MailError, type Message } from '../mail.ts'

/** A line break, or another control character, could end a header and begin another one. */
const CONTROL_CHARACTER = /\p{Cc}/u
/** What `isMailbox` accepts: an address, perhaps in angle brackets after a name. */
const MAILBOX = /^(?:(?<name>.*) <)?(?<address>[^<>]+)>?$/

/**
 * A message as nodemailer takes it: with one recipient, whatever is in the address.
 * @param from an address, or `Name <address>`
 * @throws {MailError} when the address or the subject has a control character
 */
export function toMimeOptions({ id, to, subject, text, html }: Message, from: string): SendMailOptions {
  if (CONTROL_CHARACTER.test(to) || CONTROL_CHARACTER.test(subject))
    throw new MailError('the address or the subject has a control character', true)
  const { name = '', address = '' } = MAILBOX.exec(from)?.groups ?? {}
  const domain = address.slice(address.lastIndexOf('@') + 1)
  return {
    from: { name, address },
    to: { name: '', address: to },
    envelope: { from: address, to: [to] },
    messageId: `<${id}@${domainToASCII(domain)}>`,
    subject,
    text,
    html,
    // RFC 3834: nothing that answers by itself, such as a notice of absence, answers this.
    headers: { 'Auto-Submitted': 'auto-generated' },
    xMailer: false,
    disableFileAccess: true,
    disableUrlAccess: true
  }
}
