import { type MailTexts, renderMail } from '../../../mail/layout.ts'

/** The link with which somebody who forgot the password chooses another. */
export const passwordReset = ({
  appName,
  username,
  link
}: {
  readonly appName: string
  readonly username: string
  readonly link: string
}): MailTexts =>
  renderMail({
    appName,
    subject: `${appName}: choose a new password`,
    blocks: [
      `Somebody, perhaps you, has asked for a new password for your account of ${appName}.`,
      { facts: [['User name', username]] },
      { button: 'Choose a new password', link },
      'The link works once, within an hour. Do not pass it on: whoever has it can choose the password.',
      { heading: 'If it was not you' },
      'Ignore this mail: nothing changes until somebody opens the link and chooses a password. Your password still works.'
    ]
  })

/** The link with which the owner of an account that an operator has made chooses the first password. */
export const accountMade = ({
  appName,
  username,
  link
}: {
  readonly appName: string
  readonly username: string
  readonly link: string
}): MailTexts =>
  renderMail({
    appName,
    subject: `${appName}: an account was made for you`,
    blocks: [
      `An account of ${appName} was made for you, with this e-mail address. Choose a password, then sign in.`,
      { facts: [['User name', username]] },
      { button: 'Choose a password', link },
      'The link works once, within an hour. After that, ask for a new password at the sign-in.',
      { heading: 'If you did not expect it' },
      'Ignore this mail: without you nobody can sign in.'
    ]
  })

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
