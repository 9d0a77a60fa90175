import type { NodemailerError } from 'nodemailer'
import { MailError, type Message } from '../mail.ts'

/** The longest answer of a server that is told. */
const MAX_ANSWER = 300
/** Answers that ask for TLS or another way to sign in (RFC 4954, RFC 3207). They are about the settings, not the message. */
const SIGN_IN_ANSWERS = [530, 534, 535, 538]
/** What may be a piece of a token, or a code. */
const SECRET_PARTS = [/[\w-]{12,}/g, /\d{6}/g]

/**
 * What a server has answered, in one line fit for the log: without addresses, and without the links and codes of the
 * message, which filters against spam quote.
 */
export function describeAnswer(answer: string, message?: Pick<Message, 'text'>): string {
  const words = answer
    .slice(0, MAX_ANSWER * 4)
    // As a message has it on its way (RFC 2045, section 6.7).
    .replaceAll('=3D', '=')
    .split(/[\s\p{Cc}]+/u)
  return words
    .map(word => (word.includes('@') || isQuoted(word, message) ? '***' : maskParts(word, message)))
    .join(' ')
    .trim()
    .slice(0, MAX_ANSWER)
}

/** Masks codes and pieces of tokens, which may stand in the midst of what is no word of the message, such as its HTML. */
const maskParts = (word: string, message?: Pick<Message, 'text'>): string =>
  SECRET_PARTS.reduce(
    (text, part) => text.replaceAll(part, found => (message?.text.includes(found) ? '***' : found)),
    word
  )

/** Whether a word is a link or a code of the message. */
function isQuoted(word: string, message?: Pick<Message, 'text'>): boolean {
  const core = word.replace(/^[^\p{L}\d]+|[^\p{L}\d]+$/gu, '')
  return /\d{6}|[/?=]/.test(core) && message?.text.includes(core) === true
}

/**
 * Says what kept a message from going out.
 * @param error of nodemailer
 * @param server host and port
 */
export function toMailError(error: unknown, server: string, message?: Message): MailError {
  const fault = error as NodemailerError
  const answer = fault.response ? `: ${describeAnswer(fault.response, message)}` : ''
  return new MailError(`${describe(fault, server)}${answer}`, isPermanent(fault))
}

/** Whether the server, or nodemailer in its place, has refused the message itself for good. */
function isPermanent({ code, responseCode, permanent }: NodemailerError): boolean {
  const isAboutMessage = code === 'EENVELOPE' || code === 'EMESSAGE'
  if (!responseCode) return isAboutMessage
  return isAboutMessage && permanent === true && !SIGN_IN_ANSWERS.includes(responseCode)
}

function describe(fault: NodemailerError, server: string): string {
  const { code, response, message } = fault
  // What nodemailer says may have the answer at its end.
  const reason = describeAnswer(message.replace(/[:.] ?(?:response=|\d{3}[ -]).*/s, ''))
  switch (code) {
    case 'EABORT':
      return `${server} did not take the message in time`
    case 'ETIMEDOUT':
      return `${server} did not answer in time (${reason})`
    case 'EAUTH':
      return `${server} refused the user or the password of MAIL_URL`
    case 'EENVELOPE':
    case 'EMESSAGE':
      return response
        ? `${server} refused the message`
        : `the message cannot be sent by ${server} (${reason})`
    default:
      return isAboutTls(fault)
        ? describeTlsFault(fault, server, reason)
        : `no connection to ${server} (${reason})`
  }
}

const isAboutTls = ({ code, originalCode }: NodemailerError) =>
  code === 'ETLS' || /CERT|SIGNATURE|TLS|SSL/.test(String(originalCode))

const describeTlsFault = ({ response }: NodemailerError, server: string, reason: string) =>
  response
    ? `${server} speaks no STARTTLS, without which nothing is sent`
    : `no TLS with ${server}, without which nothing is sent (${reason})`
