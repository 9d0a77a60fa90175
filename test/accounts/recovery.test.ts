import t from 'tap'
import { codeOf, parameterOf } from '../support/mailbox.ts'
import { expectedProblem, PASSWORD, type Pair, type Service, serve } from '../support/service.ts'

const MAIL = {
  MAIL_URL: 'smtp://127.0.0.1:25',
  MAIL_FROM: 'no-reply@example.org',
  PUBLIC_URL: 'https://id.example'
}
const NEW_PASSWORD = 'battery staple, correct horse'
const ADA = { username: 'ada', email: 'ada@example.org' }

async function serveWithAda(t: Tap.Test, settings = {}) {
  const service = await serve(t, { ...MAIL, ...settings })
  const pair = await service.signUp(ADA)
  await service.takeMails()
  return { ...service, pair }
}

const requestReset = ({ call }: Service, email: string) =>
  call('POST', '/api/auth/password/reset-request', { body: { email } })
const reset = ({ call }: Service, token: string, rest: object = {}) =>
  call('POST', '/api/auth/password/reset', { body: { token, newPassword: NEW_PASSWORD, ...rest } })
const me = ({ call }: Service, pair: Pair) => call('GET', '/api/auth/me', { token: pair.accessToken })
const login = ({ call }: Service, password: string, email = ADA.email) =>
  call('POST', '/api/auth/login', { body: { email, password } })

async function mailedToken(service: Service, email = ADA.email) {
  t.equal((await requestReset(service, email)).status, 202)
  const [mail] = await service.takeMails()
  if (!mail) throw new Error('no mail')
  return parameterOf(mail, 'token')
}
