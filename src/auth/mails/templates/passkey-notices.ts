import type { MailTexts } from '../../../mail/layout.ts'
import { type NoticeMail, renderNotice } from './notices.ts'

const END_ACCESS =
  'Sign in, remove the passkeys that you do not know, change your password and end all other sessions. If others may read your mail, change the password of your mailbox first.'

export const passkeyAdded = (mail: NoticeMail): MailTexts =>
  renderNotice(mail, {
    subject: 'a passkey was added',
    event: [
      `A passkey was added to your account of ${mail.appName}. Whoever holds it can sign in with it, without your password.`
    ],
    ifNotYou: [END_ACCESS]
  })

export const passkeyRemoved = (mail: NoticeMail): MailTexts =>
  renderNotice(mail, {
    subject: 'a passkey was removed',
    event: [`A passkey of your account of ${mail.appName} was removed. Nobody can sign in with it any more.`],
    ifNotYou: [END_ACCESS]
  })

export const passkeyCountWentBack = (mail: NoticeMail): MailTexts =>
  renderNotice(mail, {
    subject: 'a passkey may have been copied',
    event: [
      `Somebody has used a passkey of your account of ${mail.appName} that counts its uses, and the count was not higher than the time before. Either the passkey was copied, or the device has lost count.`
    ],
    ifNotYou: [
      'Sign in, remove the passkey that was used last, and make a new one. Then end all other sessions.'
    ]
  })
