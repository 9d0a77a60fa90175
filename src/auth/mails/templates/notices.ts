import type { MailTexts } from '../../../mail/layout.ts'
import { type NoticeMail, renderNotice } from './render-notice.ts'

/** Also tells the new address and the link that puts the old one back. */
export interface EmailChangedMail extends NoticeMail {
  readonly newEmail: string
  readonly link: string
}

/** Also tells the name that the token was given. */
export interface TokenCreatedMail extends NoticeMail {
  readonly tokenName: string
}

const GET_NEW_PASSWORD =
  'Ask for a new password at the sign-in at once, and choose one that you use nowhere else. That ends all sessions, so whoever is in your account is signed out. If others may read your mail, change the password of your mailbox first.'

export const passwordChanged = (mail: NoticeMail): MailTexts =>
  renderNotice(mail, {
    subject: 'your password was changed',
    event: [`The password of your account of ${mail.appName} was changed.`],
    ifNotYou: [GET_NEW_PASSWORD]
  })

export const passwordResetDone = (mail: NoticeMail): MailTexts =>
  renderNotice(mail, {
    subject: 'you have a new password',
    event: [
      `A new password was chosen for your account of ${mail.appName}, by the link in a mail to this address.`
    ],
    ifNotYou: [
      `Somebody may be able to read your mail. Change the password of your mailbox first. Then ask for a new password of ${mail.appName} at the sign-in: choosing it ends all sessions.`
    ]
  })

/** Goes to the old address. */
export const emailChanged = (mail: EmailChangedMail): MailTexts =>
  renderNotice(mail, {
    subject: 'your e-mail was changed',
    event: [
      `The e-mail address of your account of ${mail.appName} was changed. Mails about the account no longer go to this address, but to the new one.`
    ],
    facts: [['New address', mail.newEmail]],
    ifNotYou: [
      'Put this address back. That also ends all sessions, so whoever is in your account is signed out. The link works for seven days.',
      { button: 'Put this address back', link: mail.link },
      'Then choose a new password, by the link in the mail that follows. Let it be one that you use nowhere else.'
    ]
  })

export const refreshTokenReused = (mail: NoticeMail): MailTexts =>
  renderNotice(mail, {
    subject: 'a session was ended',
    event: [
      `A session of your account of ${mail.appName} was ended, to be safe: a key of it came back that had been used before. Either somebody has copied the key, or the app has lost the one that came after it.`,
      'Sign in again on the device that was signed out.'
    ],
    ifNotYou: [
      'If you do not know the place or the device, or if this happens again, look through your devices for programs that you did not install. Then change your password and end your other sessions.'
    ]
  })

export const signInThrottled = (mail: NoticeMail): MailTexts =>
  renderNotice(mail, {
    subject: 'many wrong passwords',
    event: [
      `Too many wrong passwords in a row were given for your account of ${mail.appName}. Signing in is slowed down for a while, whoever tries. None of these attempts got in.`,
      'If it was you, wait a little and try again, or ask for a new password at the sign-in.'
    ],
    ifNotYou: [
      'Somebody may be guessing your password. You need do nothing, if it is long and you use it nowhere else; otherwise change it. For a day you get no other mail about this.'
    ]
  })

export const accountDeleted = (mail: NoticeMail): MailTexts =>
  renderNotice(mail, {
    subject: 'your account was deleted',
    event: [
      `Your account of ${mail.appName} was deleted, with everything in it. All its sessions have ended.`
    ],
    ifNotYou: [
      'You cannot bring the account back yourself. Tell those who run the service at once, and change your password wherever else you use it.'
    ]
  })

export const accountDisabled = (mail: NoticeMail): MailTexts =>
  renderNotice(mail, {
    subject: 'your account was disabled',
    event: [
      `Your account of ${mail.appName} was disabled. All its sessions have ended, and nobody can sign in. Nothing in it is lost.`
    ],
    ifNotYou: ['Ask those who run the service why, and whether it can be enabled again.']
  })

export const accountEnabled = (mail: NoticeMail): MailTexts =>
  renderNotice(mail, {
    subject: 'your account is enabled again',
    event: [`Your account of ${mail.appName} was enabled again. You can sign in as before.`],
    ifNotYou: ['Ask those who run the service why it had been disabled.']
  })

export const tokenCreated = (mail: TokenCreatedMail): MailTexts =>
  renderNotice(mail, {
    subject: 'a token for programs was made',
    event: [
      `A personal access token was made in your account of ${mail.appName}. A program that has it can work with your todos, without your password, until the token expires or is revoked.`
    ],
    facts: [['Name of the token', mail.tokenName]],
    ifNotYou: ['Somebody is in your account.', GET_NEW_PASSWORD, 'The new password ends the token, too.']
  })
