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

/** How mails are sent, and where they lead. */
export interface MailConfig {
  readonly transport: MailTransportConfig
  /** The sender: an address, or `Name <address>`. */
  readonly from: string
  readonly links: LinkTemplates
}

/** Where mails go on a machine that nobody else reaches, so that a newcomer can read them. */
const LOCAL_FOLDER = './data/mail'
const LOCAL_SENDER = 'no-reply@localhost.localdomain'
const FILE_SCHEME = 'file:'

/** An address, alone or in angle brackets after a name without quotes (RFC 5322, section 3.4). */
const MAILBOX = /^(?:[^<>"@,;:\\\p{C}]{1,100} <[^\s<>@",;]+@[^\s<>@",;]+>|[^\s<>@",;]+@[^\s<>@",;]+)$/u

export const isMailbox = (value: string): boolean => MAILBOX.test(value)

export const isSmtpUrl = (value: string | undefined): boolean => /^smtps?:/.test(value ?? '')

export const isMailUrl = (value: string): boolean =>
  value === 'off' || /^file:./.test(value) || (isSmtpUrl(value) && hasHostOnly(value))

/** Whether a URL names a host, perhaps with a user and a port, and nothing after that. */
function hasHostOnly(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined
  return url !== undefined && url.hostname !== '' && /^\/?$/.test(url.pathname) && !url.search && !url.hash
}

export const isPublicUrl = (value: string): boolean => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  return isWebUrl(url) && !url.search && !url.hash && !url.username && !url.password
}

/** Whether a text is a web address with the placeholder in it. */
export const isLinkTemplate = (value: string, placeholder: string): boolean =>
  value.includes(`{${placeholder}}`) && isWebUrl(URL.canParse(value) ? new URL(value) : undefined)

const isWebUrl = (url: URL | undefined): url is URL =>
  url !== undefined && ['http:', 'https:'].includes(url.protocol)

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
  return url.startsWith(FILE_SCHEME)
    ? { kind: 'file', folder: url.slice(FILE_SCHEME.length) }
    : { kind: 'smtp', url }
}

export const isLoopbackHost = (host: string): boolean =>
  /^(localhost|::1|\[::1\]|127(\.\d{1,3}){3})$/i.test(host)
