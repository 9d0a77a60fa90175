import { domainToASCII } from 'node:url'
import type { SendMailOptions } from 'nodemailer'
import { MailError, type Message } from '../mail.ts'

/** A line break, or another control character, could end a header and begin another one. */
const CONTROL_CHARACTER = /\p{Cc}/u
/** These would make several addresses of one, or something else than an address (RFC 5322, section 3.4). */
const SEPARATOR = /[\s\p{Cc},:;<>()]/u

/**
 * A message as nodemailer takes it: with one recipient, and no headers but ours.
 * @param from an address, or `Name <address>`
 * @throws {MailError} when the address or the subject would become something else
 */
export function toMimeOptions({ id, to, subject, text, html }: Message, from: string): SendMailOptions {
  if (SEPARATOR.test(to)) throw new MailError('the address is not one address', true)
  if (CONTROL_CHARACTER.test(subject)) throw new MailError('the subject has a control character', true)
  const { name, address } = parseMailbox(from)
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

/** @param mailbox what `isMailbox` accepts: an address, perhaps in angle brackets after a name */
function parseMailbox(mailbox: string): { name: string; address: string } {
  const bracket = mailbox.lastIndexOf(' <')
  return bracket < 0
    ? { name: '', address: mailbox }
    : { name: mailbox.slice(0, bracket), address: mailbox.slice(bracket + 2, -1) }
}
