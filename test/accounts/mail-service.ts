import type { Test } from 'tap'
import { type Settings, serve } from '../support/service.ts'

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
