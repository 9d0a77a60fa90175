import t from 'tap'
import { codeOf, type SentMail } from '../support/mailbox.ts'
import { PASSWORD } from '../support/service.ts'
import { ADA, checkErrors, checkPage, servePages } from './visitor.ts'

const NEW_EMAIL = 'ada@lovelace.example'
const FORM_AGAIN = 'Error: Confirm your e-mail'

const pathOf = (mail: SentMail | undefined) =>
  /https:\/\/id\.example(\/account\/\S+)/.exec(mail?.text ?? '')?.[1] ?? ''
/** Another code than the right one. */
const notCode = (mail: SentMail) => (codeOf(mail) === '000000' ? '000001' : '000000')

async function serveWithCode(t: Parameters<typeof servePages>[0]) {
  const service = await servePages(t)
  const pair = await service.signUp(ADA)
  const [mail] = await service.takeMails()
  if (!mail) throw new Error('no mail')
  const page = await service.get(pathOf(mail))
  const isVerified = async () => {
    const { body } = await service.call('GET', '/api/auth/me', { token: pair.accessToken })
    return body.emailVerified
  }
  return { ...service, pair, mail, page, isVerified }
}

t.test('a code and the password confirm an address', async t => {
  const { call, send, mail, page, isVerified } = await serveWithCode(t)
  for (const method of ['GET', 'HEAD']) t.match(await call(method, pathOf(mail)), { status: 200 })
  checkPage(t, page, 200, 'Confirm your e-mail')
  t.match(
    page.body,
    ' type="text" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" inputmode="numeric" aria'
  )
  t.match(page.body, ' type="password" autocomplete="current-password" ')
  t.equal(await isVerified(), false, '[SCANNER] to open it changes nothing')

  const code = codeOf(mail)
  const done = await send(page, { code: ` ${code.slice(0, 3)} ${code.slice(3)}`, password: PASSWORD })
  checkPage(t, done, 200, 'Your e-mail is confirmed')
  t.match(done.body, 'It is <strong>ada@example.org</strong>.')
  t.equal(await isVerified(), true)

  const again = await send(page, { code, password: PASSWORD })
  checkPage(t, again, 410, 'Error: The code is no longer good')
  t.match(again.body, 'Ask for a new code in the app')
})

t.test('what is wrong is said beside the field, and only tries are counted', async t => {
  const { send, mail, page, isVerified } = await serveWithCode(t)
  const code = codeOf(mail)
  for (const [values, errors] of [
    [{}, { code: 'The code is required.', password: 'The password is required.' }],
    [
      { code: '12345', password: '' },
      {
        code: 'The code is not accepted; give the six digits of the mail.',
        password: 'The password is not accepted; give the password of the account.'
      }
    ],
    [
      { code: '<"', password: PASSWORD },
      { code: 'The code is not accepted; give the six digits of the mail.' }
    ]
  ] as const) {
    for (let count = 0; count < 3; count++) {
      const again = await send(page, values)
      checkPage(t, again, 400, FORM_AGAIN)
      checkErrors(t, again, errors)
    }
  }
  const hostile = await send(page, { code: '"><b>', password: PASSWORD })
  t.match(hostile.body, ' value="&quot;&gt;&lt;b&gt;"')

  const wrongCode = await send(page, { code: notCode(mail), password: PASSWORD })
  checkPage(t, wrongCode, 403, FORM_AGAIN)
  checkErrors(t, wrongCode, {
    code: 'The code is wrong. Look at the latest mail, and give its six digits. There are five tries in an hour.'
  })
  const wrongPassword = await send(page, { code, password: 'nonsense' })
  checkPage(t, wrongPassword, 403, FORM_AGAIN)
  checkErrors(t, wrongPassword, {
    password: 'The password is wrong. Give the password that the account has now.'
  })
  t.match(wrongPassword.body, ` value="${code}"`, 'the code is kept')
  for (let tries = 2; tries < 5; tries++) await send(page, { code: notCode(mail), password: PASSWORD })
  const tooMany = await send(page, { code, password: PASSWORD })
  checkPage(t, tooMany, 429, 'Error: Too many codes were wrong')
  t.equal(tooMany.headers['retry-after'], '3600')
  t.match(tooMany.body, 'Wait 60 minutes. Ask for a new code in the app then.')
  t.equal(await isVerified(), false)
})

t.test('whoever guesses passwords is slowed down, and told how long', async t => {
  const { call, send, mail, page } = await serveWithCode(t)
  for (let failures = 0; failures < 5; failures++)
    await call('POST', '/api/auth/login', { body: { email: ADA.email, password: 'nonsense' } })
  const throttled = await send(page, { code: codeOf(mail), password: PASSWORD })
  checkPage(t, throttled, 429, FORM_AGAIN)
  const wait = throttled.headers['retry-after']
  checkErrors(t, throttled, {
    password: `Too many sign-ins have failed. Wait ${wait} second${wait === '1' ? '' : 's'}, then try again.`
  })
})

t.test('a code is good for ten minutes, and for its own challenge', async t => {
  const { clock, get, send, mail, page } = await serveWithCode(t)
  const other = await get('/account/confirm-email?challengeId=01A20996-FB6C-78B7-96ED-227B58A269D2')
  checkPage(t, other, 200, 'Confirm your e-mail')
  const values = { code: codeOf(mail), password: PASSWORD }
  checkPage(t, await send(other, values), 410, 'Error: The code is no longer good')
  clock.advance(600)
  checkPage(t, await send(page, values), 410, 'Error: The code is no longer good')
  for (const query of ['', '?challengeId=x'])
    checkPage(t, await get(`/account/confirm-email${query}`), 400, 'Error: The link or the form is not whole')
})

t.test('an address is changed by the page, and put back by another', async t => {
  const { call, get, send, pair, takeMails } = await serveWithCode(t)
  const { accessToken: token } = pair
  await call('PUT', '/api/auth/email', { token, body: { email: NEW_EMAIL, currentPassword: PASSWORD } })
  const [code] = await takeMails()
  if (!code) throw new Error('no mail')
  const changed = await send(await get(pathOf(code)), { code: codeOf(code), password: PASSWORD })
  checkPage(t, changed, 200, 'Your e-mail is changed')
  t.match(changed.body, `It is <strong>${NEW_EMAIL}</strong> now.`)

  const [notice] = await takeMails()
  t.match(notice, { kind: 'email_changed', to: ADA.email })
  const path = pathOf(notice)
  for (const method of ['GET', 'HEAD']) t.match(await call(method, path), { status: 200 })
  const page = await get(path)
  checkPage(t, page, 200, 'Put your e-mail back')
  t.match(page.body, `<strong>${ADA.email}</strong> becomes the e-mail of the account <strong>ada</strong>`)
  const login = (email: string) => call('POST', '/api/auth/login', { body: { email, password: PASSWORD } })
  t.match(await login(NEW_EMAIL), { status: 200 }, '[SCANNER] to open it changes nothing')

  const back = await send(page)
  checkPage(t, back, 200, 'Your e-mail is back')
  t.match(back.body, `<strong>${ADA.email}</strong> is the e-mail of your account of A &amp; B again`)
  t.match(await login(NEW_EMAIL), { status: 401 })
  t.match(await login(ADA.email), { status: 200 })
  t.match(await takeMails(), [{ kind: 'password_reset', to: ADA.email }])

  for (const used of [await get(path), await send(page)])
    checkPage(t, used, 410, 'Error: The link is no longer good')
  checkPage(t, await get(`${path}x`), 400, 'Error: The link is not valid')
})

t.test('a code makes an account where addresses are verified first', async t => {
  const { call, get, send, takeMails } = await servePages(t, { SIGN_UP: 'verified' })
  const register = async (username: string, email: string) => {
    await call('POST', '/api/auth/register', { body: { username, email, password: PASSWORD } })
    const [mail] = await takeMails()
    if (!mail) throw new Error('no mail')
    return { values: { code: codeOf(mail), password: PASSWORD }, page: await get(pathOf(mail)) }
  }
  const ada = await register('ada', ADA.email)
  const late = await register('ADA', 'other@example.org')
  const wrong = await send(ada.page, { ...ada.values, password: 'nonsense' })
  checkErrors(t, wrong, { password: 'The password is wrong. Give the password that the account has now.' })

  const done = await send(ada.page, ada.values)
  checkPage(t, done, 200, 'Your account is made')
  t.match(done.body, `Its e-mail is <strong>${ADA.email}</strong>.`)
  t.match(await call('POST', '/api/auth/login', { body: { email: ADA.email, password: PASSWORD } }), {
    status: 200
  })

  const taken = await send(late.page, late.values)
  checkPage(t, taken, 409, 'Error: The account or the address is taken')
  t.match(taken.body, '<code>/username</code>')
})
