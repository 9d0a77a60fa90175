import * as templates from '../../src/auth/mails/templates.ts'

const appName = 'Latchkey'
const username = 'ada.lovelace'
const link =
  'https://id.example.org/account/confirm-email?challengeId=01a20996-fb6c-78b7-96ed-227b58a269d2&x=1'
const code = '204816'
const time = new Date('2026-11-27T09:05:59.999Z')
const occurrence = { time, ip: '192.0.2.1', device: 'Firefox on Windows' }
const notice = { appName, username, occurrence }
const byOperator = { appName, username, occurrence: { time, ip: null, device: null } }

/** What a test can put into a mail in place of the usual. */
type Replacements = Partial<
  typeof notice & { link: string; code: string; newEmail: string; token: string; tokenName: string }
>

/** Every mail about an account, by its kind, and by what makes it read differently. */
export const renderAllMails = (replacements: Replacements = {}) => {
  const codeMail = { appName, username, code, link, ...replacements }
  const noticeMail = { ...notice, ...replacements }
  const token = replacements.token ?? 'lki_AaIJlvtseLeW7SJ7WKJp0gAAAAHvQ9a0w4a0mVxJ'
  return {
    verificationCode: templates.verificationCode(codeMail),
    registrationCode: templates.registrationCode(codeMail),
    emailChangeCode: templates.emailChangeCode(codeMail),
    passwordReset: templates.passwordReset({ ...codeMail, reason: 'requested' }),
    'passwordReset-by-operator': templates.passwordReset({ ...codeMail, reason: 'sent_by_operator' }),
    'passwordReset-of-new-account': templates.passwordReset({ ...codeMail, reason: 'account_created' }),
    'passwordReset-after-revert': templates.passwordReset({ ...codeMail, reason: 'email_reverted' }),
    accountExists: templates.accountExists(codeMail),
    invitation: templates.invitation({ ...codeMail, token }),
    'invitation-without-link': templates.invitation({ ...codeMail, token, link: undefined }),
    passwordChanged: templates.passwordChanged(noticeMail),
    passwordResetDone: templates.passwordResetDone(noticeMail),
    emailChanged: templates.emailChanged({ newEmail: 'ada@example.com', ...codeMail, ...noticeMail }),
    tokenCreated: templates.tokenCreated({ tokenName: 'nightly backup', ...noticeMail }),
    refreshTokenReused: templates.refreshTokenReused(noticeMail),
    signInThrottled: templates.signInThrottled(noticeMail),
    accountDeleted: templates.accountDeleted(noticeMail),
    'accountDeleted-without-device': templates.accountDeleted({
      ...noticeMail,
      occurrence: { time, ip: '2001:db8::1', device: null }
    }),
    accountDisabled: templates.accountDisabled({ ...byOperator, ...replacements }),
    accountEnabled: templates.accountEnabled({ ...byOperator, ...replacements }),
    factorAdded: templates.factorAdded({ ...noticeMail, factor: 'totp' }),
    'factorAdded-passkey': templates.factorAdded({ ...noticeMail, factor: 'passkey' }),
    factorRemoved: templates.factorRemoved({ ...noticeMail, factor: 'totp' }),
    'factorRemoved-by-operator': templates.factorRemoved({
      ...byOperator,
      ...replacements,
      factor: 'several'
    }),
    recoveryCodeUsed: templates.recoveryCodeUsed(noticeMail),
    recoveryCodesReplaced: templates.recoveryCodesReplaced(noticeMail),
    secondFactorFailed: templates.secondFactorFailed(noticeMail),
    passkeyCountWentBack: templates.passkeyCountWentBack(noticeMail)
  }
}
