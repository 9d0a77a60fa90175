import { describeUserAgent } from '../../http/client-info.ts'
import type { ComposeMail, MailComposers, MailContent, MailServices } from '../../mail/mail.ts'
import type { MailRow } from '../../mail/tables.ts'
import { toLookupKey } from '../accounts/email-addresses.ts'
import { accountStatements } from '../accounts/statements.ts'
import { createCodes } from '../challenges/codes.ts'
import { challengeStatements } from '../challenges/statements.ts'
import { emailStatements } from '../emails/statements.ts'
import { createLinks } from '../links/links.ts'
import type { ChallengeRow } from '../tables.ts'
import type { UserRow } from '../user.ts'
import { fillLink } from './fill-link.ts'
import { type CodeKind, type NoticeKind, parseMailData } from './mails.ts'
import * as templates from './templates.ts'

/** Composes the mails of accounts when they are sent: links and codes are made at that moment, from the rows as they are then. */
export function createAuthMailComposers({
  store,
  mail: { links: linkTemplates },
  appName,
  deriveKeys
}: MailServices): MailComposers {
  const challenges = challengeStatements(store)
  const { findByEmail } = accountStatements(store)
  const { findHeld } = emailStatements(store)
  const links = createLinks(deriveKeys)
  const codes = createCodes(deriveKeys)

  async function findAccount(email: string): Promise<UserRow | undefined> {
    const [user] = await findByEmail.execute({ emailKey: toLookupKey(email) })
    return user
  }

  /** Whether somebody else can still put the e-mail back, so that nobody gets it. */
  async function isHeld(email: string, userId: string | null = ''): Promise<boolean> {
    const held = await findHeld.execute({ userId, emailKey: toLookupKey(email), now: store.now() })
    return held.length > 0
  }

  const composeAccountExists = ({ email, username }: UserRow): MailContent => ({
    to: email,
    ...templates.accountExists({ appName, username })
  })

  /**
   * Composes the mail of a code from its challenge, while that is good.
   * @param compose gets the challenge, and what the template needs
   */
  function composeCode(
    compose: (
      challenge: ChallengeRow,
      values: { appName: string; username: string; code: string; link: string }
    ) => Promise<MailContent | undefined>
  ): ComposeMail {
    return async mail => {
      const { challengeId = '' } = parseMailData(mail.data)
      const [challenge] = await challenges.find.execute({ challengeId })
      if (!challenge || challenge.expiresAt <= store.now()) return undefined
      return compose(challenge, {
        appName,
        username: String(challenge.username),
        code: codes.derive(challengeId),
        link: fillLink(linkTemplates.confirmEmail, { challengeId })
      })
    }
  }

  const codeComposers: Record<CodeKind, ComposeMail> = {
    registration_code: composeCode(async ({ email }, values) => {
      const holder = await findAccount(email)
      if (holder) return composeAccountExists(holder)
      return (await isHeld(email)) ? undefined : { to: email, ...templates.registrationCode(values) }
    }),

    verification_code: composeCode(async ({ email }, values) => ({
      to: email,
      ...templates.verificationCode(values)
    })),

    email_change_code: composeCode(async ({ email, userId }, values) => {
      const holder = await findAccount(email)
      if (holder && holder.id !== userId) return composeAccountExists(holder)
      return (await isHeld(email, userId)) ? undefined : { to: email, ...templates.emailChangeCode(values) }
    })
  }

  async function composeReset({ address, data, expiresAt }: MailRow): Promise<MailContent | undefined> {
    const user = await findAccount(address)
    if (!user) return undefined
    const { id: userId, username, email, passwordVersion, emailVersion } = user
    const token = links.reset.issue({ userId, passwordVersion, emailVersion, expiresAt: expiresAt.getTime() })
    const link = fillLink(linkTemplates.resetPassword, { token })
    const { resetReason = 'requested' } = parseMailData(data)
    return { to: email, ...templates.passwordReset({ appName, username, link, reason: resetReason }) }
  }

  async function composeInvitation({ address, data }: MailRow): Promise<MailContent | undefined> {
    const { linkId = '' } = parseMailData(data)
    const [invitation] = await challenges.find.execute({ challengeId: linkId })
    if (!invitation || (await findAccount(address))) return undefined
    const token = links.invitation.issue({ id: linkId })
    const template = linkTemplates.invitation
    const link = template === undefined ? undefined : fillLink(template, { token })
    return { to: address, ...templates.invitation({ appName, link, token }) }
  }

  const toNotice = ({ data, createdAt, userId }: MailRow) => {
    const { username = '', ip = null, userAgent = null } = parseMailData(data)
    const device = describeUserAgent(userAgent)
    return { appName, username, occurrence: { time: createdAt, ip, device }, userId }
  }

  /** Composes a notice whose text needs no more than its row. */
  const composeNotice =
    (template: (notice: ReturnType<typeof toNotice>) => Omit<MailContent, 'to'>): ComposeMail =>
    async mail => ({ to: mail.address, ...template(toNotice(mail)) })

  const composeFactorNotice =
    (template: (notice: templates.FactorMail) => Omit<MailContent, 'to'>): ComposeMail =>
    async mail => {
      const { factor = 'several' } = parseMailData(mail.data)
      return { to: mail.address, ...template({ ...toNotice(mail), factor }) }
    }

  const noticeComposers: Record<NoticeKind, ComposeMail> = {
    password_changed: composeNotice(templates.passwordChanged),
    password_reset_done: composeNotice(templates.passwordResetDone),
    refresh_token_reused: composeNotice(templates.refreshTokenReused),
    account_deleted: composeNotice(templates.accountDeleted),
    account_disabled: composeNotice(templates.accountDisabled),
    account_enabled: composeNotice(templates.accountEnabled),
    passkey_count_went_back: composeNotice(templates.passkeyCountWentBack),
    recovery_code_used: composeNotice(templates.recoveryCodeUsed),
    recovery_codes_replaced: composeNotice(templates.recoveryCodesReplaced),
    second_factor_failed: composeNotice(templates.secondFactorFailed),
    factor_added: composeFactorNotice(templates.factorAdded),
    factor_removed: composeFactorNotice(templates.factorRemoved),

    async email_changed(mail) {
      const { linkId = '', newEmail = '' } = parseMailData(mail.data)
      const token = links.revert.issue({ id: linkId })
      const link = fillLink(linkTemplates.revertEmail, { token })
      return { to: mail.address, ...templates.emailChanged({ ...toNotice(mail), newEmail, link }) }
    },

    async token_created(mail) {
      const { tokenName = '' } = parseMailData(mail.data)
      return { to: mail.address, ...templates.tokenCreated({ ...toNotice(mail), tokenName }) }
    },

    async sign_in_throttled(mail) {
      const user = await findAccount(mail.address)
      if (!user) return undefined
      const { username, email } = user
      return { to: email, ...templates.signInThrottled({ ...toNotice(mail), username }) }
    }
  }

  return {
    ...codeComposers,
    ...noticeComposers,
    password_reset: composeReset,
    invitation: composeInvitation
  }
}
