import { type MailTexts, renderMail } from '../../../mail/layout.ts'

/** A code, and where to type it. */
export interface CodeMail {
  readonly appName: string
  readonly username: string
  readonly code: string
  /** The page for those who have no app at hand. */
  readonly link: string
}

/** The code that shows that mail to the address of an account arrives. */
export const verificationCode = (mail: CodeMail): MailTexts =>
  renderCode(mail, {
    subject: `${mail.appName}: the code to confirm your e-mail`,
    purpose: `An account of ${mail.appName} has this e-mail address. Type this code in the app to confirm that the address is yours:`,
    ifNotYou: [
      'Somebody may have mistyped their address. Ignore this mail: without the code the address stays unconfirmed.'
    ]
  })

/** The code with which an account comes into being. */
export const registrationCode = (mail: CodeMail): MailTexts =>
  renderCode(mail, {
    subject: `${mail.appName}: the code to make your account`,
    purpose: `Somebody, perhaps you, wants to make an account of ${mail.appName} with this e-mail address. Type this code in the app to make it:`,
    ifNotYou: ['Ignore this mail: without the code no account is made.']
  })

/** The code that makes this the address of an account that has another one. */
export const emailChangeCode = (mail: CodeMail): MailTexts =>
  renderCode(mail, {
    subject: `${mail.appName}: the code to change your e-mail`,
    purpose: `This is to become the e-mail address of an account of ${mail.appName}. Type this code in the app to change it:`,
    ifNotYou: [
      'Somebody may have mistyped their address. Ignore this mail: without the code nothing is changed.'
    ]
  })

interface CodeTexts {
  readonly subject: string
  readonly purpose: string
  readonly ifNotYou: readonly string[]
}

const renderCode = (
  { appName, username, code, link }: CodeMail,
  { subject, purpose, ifNotYou }: CodeTexts
): MailTexts =>
  renderMail({
    appName,
    subject,
    blocks: [
      purpose,
      { code },
      'The code is valid for 10 minutes. Never tell it to anybody: nobody who works on the service will ask for it.',
      { facts: [['User name', username]] },
      'If you have no app at hand, open this page and type the code and the password of the account there:',
      { link },
      { heading: 'If it was not you' },
      ...ifNotYou
    ]
  })
