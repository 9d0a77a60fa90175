import { fileURLToPath } from 'node:url'
import type { Environment } from './environment-schema.ts'

/** How mails leave the service. */
export type MailTransportConfig =
  | { readonly kind: 'smtp'; readonly url: string }
  | { readonly kind: 'file'; readonly folder: string }

/** The addresses of the pages that mails lead to, with a placeholder for what they need. */
export interface LinkTemplates {
  /** With `{token}`. */
  readonly resetPassword: string
  /** With `{challengeId}`. */
  readonly confirmEmail: string
  /** With `{token}`. */
  readonly revertEmail: string
  /** With `{token}`; undefined for none, as the service has no page for it. */
  readonly invitation: string | undefined
}

/** How mails are sent, and where their links lead. */
export interface MailConfig {
  readonly transport: MailTransportConfig
  /** The sender: an address, or `Name <address>`. */
  readonly from: string
  readonly links: LinkTemplates
}

/** Where mails go on a machine that nobody else reaches, so that a newcomer can read them. */
const LOCAL_FOLDER = './data/mail'
const LOCAL_SENDER = 'no-reply@localhost.localdomain'

/** An address, alone or in angle brackets after a name without quotes (RFC 5322, section 3.4). */
const MAILBOX = /^(?:[^<>"@,;:\\\p{C}]{1,100} <[^\s<>@",;]+@[^\s<>@",;]+>|[^\s<>@",;]+@[^\s<>@",;]+)$/u

/** Whether a text is accepted as `MAIL_FROM`. */
export const isMailbox = (value: string): boolean => MAILBOX.test(value)

/** Whether a `MAIL_URL` names a mail server. */
export const isSmtpUrl = (value: string | undefined): boolean => /^smtps?:/.test(value ?? '')

/** Whether a text is accepted as `MAIL_URL`. */
export const isMailUrl = (value: string): boolean =>
  value === 'off' || toFolder(value) !== undefined || (isSmtpUrl(value) && isServerUrl(value))

/** The folder that a `file:` URL names, if it is one. */
function toFolder(value: string): string | undefined {
  if (!/^file:./.test(value)) return undefined
  if (!value.startsWith('file://')) return value.slice('file:'.length)
  try {
    return fileURLToPath(value)
  } catch {
    return undefined
  }
}

/** Whether a URL names a host, perhaps with a user, a password and a port, and nothing after that. */
function isServerUrl(value: string): boolean {
  const url = URL.parse(value)
  return (
    url !== null &&
    url.hostname !== '' &&
    url.port !== '0' &&
    /^\/?$/.test(url.pathname) &&
    !url.search &&
    !url.hash &&
    (url.username !== '' || url.password === '') &&
    [url.username, url.password, url.hostname].every(isDecodable)
  )
}

function isDecodable(part: string): boolean {
  try {
    return decodeURIComponent(part) !== undefined
  } catch {
    return false
  }
}

/** Whether a text is accepted as `PUBLIC_URL`: a web address to which paths can be added. */
export function isPublicUrl(value: string): boolean {
  const url = parseWebUrl(value)
  return url !== undefined && !url.search && !url.hash
}

/** Whether a text is a web address that people can be sent to. */
export const isPageUrl = (value: string): boolean => parseWebUrl(value) !== undefined

/** Stands for what a template has a placeholder for, in its check. */
const PLACEHOLDER = 'a-value-of-a-placeholder'

/** Whether a text is a web address with the placeholder in it, after the host. */
export function isLinkTemplate(value: string, placeholder: string): boolean {
  const url = parseWebUrl(value.replaceAll(`{${placeholder}}`, PLACEHOLDER))
  return (
    url !== undefined &&
    `${url.pathname}${url.search}${url.hash}`.includes(PLACEHOLDER) &&
    value.includes(`{${placeholder}}`)
  )
}

/** A web address; undefined for another one, and for one with a user or a password, which everybody would get to see. */
function parseWebUrl(value: string): URL | undefined {
  const url = URL.parse(value)
  return url && /^https?:$/.test(url.protocol) && !url.username && !url.password ? url : undefined
}

/** @returns undefined where no mail is sent: by choice, or since nobody has said how on a machine that others reach */
export function toMailConfig(
  environment: Pick<
    Environment,
    | 'HOST'
    | 'PORT'
    | 'MAIL_URL'
    | 'MAIL_FROM'
    | 'PUBLIC_URL'
    | 'RESET_PASSWORD_URL'
    | 'CONFIRM_EMAIL_URL'
    | 'REVERT_EMAIL_URL'
    | 'INVITATION_URL'
  >
): MailConfig | undefined {
  const { HOST, PORT, MAIL_URL, MAIL_FROM = LOCAL_SENDER, PUBLIC_URL } = environment
  const transport = toTransport(MAIL_URL, HOST)
  if (!transport) return undefined
  const base = (PUBLIC_URL ?? `http://${HOST.includes(':') ? `[${HOST}]` : HOST}:${PORT}`).replace(/\/+$/, '')
  return {
    transport,
    from: MAIL_FROM,
    links: {
      resetPassword: environment.RESET_PASSWORD_URL ?? `${base}/account/reset-password?token={token}`,
      confirmEmail:
        environment.CONFIRM_EMAIL_URL ?? `${base}/account/confirm-email?challengeId={challengeId}`,
      revertEmail: environment.REVERT_EMAIL_URL ?? `${base}/account/revert-email?token={token}`,
      invitation: environment.INVITATION_URL
    }
  }
}

function toTransport(url: string | undefined, host: string): MailTransportConfig | undefined {
  if (url === 'off') return undefined
  if (url === undefined) return isLoopbackHost(host) ? { kind: 'file', folder: LOCAL_FOLDER } : undefined
  const folder = toFolder(url)
  return folder === undefined ? { kind: 'smtp', url } : { kind: 'file', folder }
}

/** Whether a host is this machine, and nobody else reaches it. */
export const isLoopbackHost = (host: string): boolean =>
  /^(localhost|::1|\[::1\]|127(\.\d{1,3}){3})$/i.test(host)
