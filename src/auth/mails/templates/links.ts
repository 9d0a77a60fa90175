import { type MailTexts, renderMail } from '../../../mail/layout.ts'
import type { ResetReason } from '../mails.ts'

interface ResetTexts {
  readonly event: (appName: string) => string
  readonly heading: string
  readonly ifNotYou: string
}

const resetTexts: Readonly<Record<ResetReason, ResetTexts>> = {
  requested: {
    event: appName => `Somebody, perhaps you, has asked for a new password for your account of ${appName}.`,
    heading: 'If it was not you',
    ifNotYou:
      'Ignore this mail: nothing changes until somebody opens the link and chooses a password. Your password still works.'
  },
  sent_by_operator: {
    event: appName =>
      `Those who run the service have sent you a link: with it you choose a new password for your account of ${appName}.`,
    heading: 'If you did not expect this',
    ifNotYou:
      'Ask those who run the service. Nothing changes until somebody opens the link and chooses a password.'
  },
  account_created: {
    event: appName =>
      `Those who run the service have made an account of ${appName} for you. Choose its password. If the link has expired, ask for a new password at the sign-in.`,
    heading: 'If you did not expect this',
    ifNotYou: 'Ignore this mail: nobody can sign in before somebody opens the link and chooses a password.'
  },
  email_reverted: {
    event: appName =>
      `This is the e-mail address of your account of ${appName} again. Choose a new password now, since somebody else may know the present one.`,
    heading: 'If it was not you',
    ifNotYou:
      'The address was put back by a link in a mail to you, so somebody may be able to read your mail. Change the password of your mailbox first. Then choose a new password here.'
  }
}

/** The link with which somebody chooses a password. */
export const passwordReset = ({
  appName,
  username,
  link,
  reason
}: {
  readonly appName: string
  readonly username: string
  readonly link: string
  readonly reason: ResetReason
}): MailTexts => {
  const { event, heading, ifNotYou } = resetTexts[reason]
  return renderMail({
    appName,
    subject: `${appName}: choose a new password`,
    blocks: [
      event(appName),
      { facts: [['User name', username]] },
      { button: 'Choose a new password', link },
      'The link works once, within an hour. Do not pass it on: whoever has it can choose the password.',
      { heading },
      ifNotYou
    ]
  })
}

/** Tells the owner of an address that somebody wanted to make an account with it. */
export const accountExists = ({
  appName,
  username
}: {
  readonly appName: string
  readonly username: string
}): MailTexts =>
  renderMail({
    appName,
    subject: `${appName}: you have an account already`,
    blocks: [
      `Somebody, perhaps you, wanted to make an account of ${appName} with this e-mail address. You have one already, so none was made.`,
      { facts: [['User name', username]] },
      'Sign in with this e-mail address and your password. If you have forgotten the password, ask for a new one at the sign-in.',
      { heading: 'If it was not you' },
      'You need do nothing. Nothing of your account was changed or shown to anybody.'
    ]
  })

/** An invitation to make an account. Where no app takes the link, the person types the token. */
export const invitation = ({
  appName,
  link,
  token
}: {
  readonly appName: string
  readonly link: string | undefined
  readonly token: string
}): MailTexts =>
  renderMail({
    appName,
    subject: `You are invited to ${appName}`,
    blocks: [
      `You are invited to make an account of ${appName}.`,
      ...(link === undefined
        ? ['When you make the account, the app asks for your invitation. This is it:', { code: token }]
        : [{ button: 'Make an account', link }]),
      'The invitation works once, within seven days, and only with the e-mail address to which this mail was sent.',
      { heading: 'If you did not expect it' },
      'Ignore this mail: without you no account is made.'
    ]
  })
