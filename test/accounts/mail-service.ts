import type { Test } from 'tap'
import { codeOf } from '../support/mailbox.ts'
import { type Service, type Settings, serve } from '../support/service.ts'

/** Where mail goes that tests take out of the outbox. */
export const MAIL_SETTINGS = {
  MAIL_URL: 'smtp://127.0.0.1:25',
  MAIL_FROM: 'no-reply@example.org',
  PUBLIC_URL: 'https://id.example'
}

export const ADA = { username: 'ada', email: 'ada@example.org' }

/** Starts a service that puts mails into the outbox, from where tests take them. */
export const serveMail = (t: Test, settings: Settings = {}) => serve(t, { ...MAIL_SETTINGS, ...settings })

/** The same with an account, whose first mail was taken. */
export async function serveAda(t: Test, settings: Settings = {}) {
  const service = await serveMail(t, settings)
  const pair = await service.signUp(ADA)
  await service.takeMails()
  return { ...service, pair }
}

/** Verifies the address of an account by the code of a mail. */
export async function verifyEmail({ call, takeMails }: Service, token: string): Promise<void> {
  const { body } = await call('POST', '/api/auth/email/verification', { token })
  const [mail] = await takeMails()
  const answer = { challengeId: body.challengeId, code: mail && codeOf(mail) }
  const { status } = await call('POST', '/api/auth/email/verification/confirm', { token, body: answer })
  if (status !== 200) throw new Error(`the address is not verified: ${status}`)
}
