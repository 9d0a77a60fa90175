import type { MailTexts } from '../../../mail/layout.ts'
import type { Factor } from '../mails.ts'
import { type NoticeMail, renderNotice } from './render-notice.ts'

/** Tells which kind of second factor it is about. */
export interface FactorMail extends NoticeMail {
  readonly factor: Factor
}

const factorNames: Readonly<Record<Factor, string>> = {
  totp: 'An authenticator app',
  passkey: 'A passkey',
  several: 'The second factors'
}

const CHANGE_PASSWORD =
  'Somebody knows your password, or has a device on which you are signed in. Change your password at once, and end all other sessions.'

export const factorAdded = (mail: FactorMail): MailTexts =>
  renderNotice(mail, {
    subject: 'you have a new second factor',
    event: [
      `${factorNames[mail.factor]} was added to your account of ${mail.appName}. From now on a password alone signs nobody in.`
    ],
    ifNotYou: [
      CHANGE_PASSWORD,
      'Then remove what was added, in the settings of your account. If you cannot sign in any more, ask those who run the service to remove the second factors.'
    ]
  })

export const factorRemoved = (mail: FactorMail): MailTexts =>
  renderNotice(mail, {
    subject: 'a second factor was removed',
    ...(mail.factor === 'several'
      ? {
          event: [
            `The second factors of your account of ${mail.appName} were removed, with the recovery codes. All your sessions and personal access tokens have ended. The password alone signs in again.`,
            'Sign in, with a new password by mail if you have none, and set up a second factor again.'
          ],
          ifNotYou: [
            'Somebody may have passed for you. Tell those who run the service at once, change your password, and end all other sessions.'
          ]
        }
      : {
          event: [
            `${factorNames[mail.factor]} was removed from your account of ${mail.appName}. It signs nobody in any more.`
          ],
          ifNotYou: [CHANGE_PASSWORD, 'Then set up a second factor again.']
        })
  })

export const recoveryCodeUsed = (mail: NoticeMail): MailTexts =>
  renderNotice(mail, {
    subject: 'a recovery code was used',
    event: [
      `A recovery code of your account of ${mail.appName} was used. It works no more; another one was shown in its place.`
    ],
    ifNotYou: [
      CHANGE_PASSWORD,
      'Then make new recovery codes, in the settings of your account: the old ones stop working.'
    ]
  })

export const recoveryCodesReplaced = (mail: NoticeMail): MailTexts =>
  renderNotice(mail, {
    subject: 'you have new recovery codes',
    event: [`New recovery codes were made for your account of ${mail.appName}. The old ones work no more.`],
    ifNotYou: [CHANGE_PASSWORD, 'Then make new recovery codes once more.']
  })

export const secondFactorFailed = (mail: NoticeMail): MailTexts =>
  renderNotice(mail, {
    subject: 'your password was used, without the second factor',
    event: [
      `Somebody has given the password of your account of ${mail.appName}, and then five wrong codes. Nobody was signed in.`,
      'If it was you, check the clock of the device with the authenticator app, or sign in with a recovery code.'
    ],
    ifNotYou: [
      'Your password is known to somebody else. Change it at once, and choose one that you use nowhere else. For a day you get no other mail about this.'
    ]
  })

/** A copy of a passkey counts on its own. */
export const passkeyCountWentBack = (mail: NoticeMail): MailTexts =>
  renderNotice(mail, {
    subject: 'a passkey may have been copied',
    event: [
      `A passkey of your account of ${mail.appName} was used whose count of uses was not higher than the time before. Either the passkey was copied, or its device has lost count.`,
      'To be safe, remove the passkey that was used last, and make a new one.'
    ],
    ifNotYou: [
      'Sign in with another passkey or your password, remove the passkey that was used last, and end all other sessions.'
    ]
  })
