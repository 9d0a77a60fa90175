import t from 'tap'
import { PASSWORD } from '../support/service.ts'
import { ADA, checkErrors, checkPage, NEW_PASSWORD, servePages } from './visitor.ts'

const PATH = '/account/reset-password'

t.test('a link gives a new password once, by the form and not by being opened', async t => {
  const service = await servePages(t)
  const { call, get, send, requestResetToken } = service
  const { accessToken } = await service.signUp(ADA)
  const token = await requestResetToken(ADA.email)

  for (const method of ['GET', 'HEAD', 'GET']) {
    const { status } = await call(method, `${PATH}?token=${token}`)
    t.equal(status, 200, '[SCANNER] to open it consumes nothing')
  }
  t.strictSame(await service.takeMails(), [])
  const tracked = await get(`${PATH}?token=${token}&utm_source=mail`)
  t.equal(tracked.status, 200, 'what mail programs add to a link does not matter')
  const page = await get(`${PATH}?token=${token}`)
  checkPage(t, page, 200, 'Choose a new password')
  t.match(page.body, '<form method="post" action="reset-password" novalidate>')
  t.match(page.body, '<input id="username" autocomplete="username" value="ada" readonly>')
  t.match(
    page.body,
    '<input id="newPassword" name="newPassword" type="password" autocomplete="new-password" autocapitalize="none" spellcheck="false" aria-describedby="newPassword-hint">'
  )
  t.match(await call('POST', '/api/auth/login', { body: { email: ADA.email, password: PASSWORD } }), {
    status: 200
  })

  const done = await send(page, { newPassword: NEW_PASSWORD })
  checkPage(t, done, 200, 'The password is changed')
  t.match(done.body, 'sign in with the new password')
  t.match(await call('GET', '/api/auth/me', { token: accessToken }), { status: 401 })
  t.match(await call('POST', '/api/auth/login', { body: { email: ADA.email, password: NEW_PASSWORD } }), {
    status: 200,
    body: { user: { emailVerified: true } }
  })
  t.match(await service.takeMails(), [{ kind: 'password_reset_done', to: ADA.email }])

  for (const used of [await get(`${PATH}?token=${token}`), await send(page, { newPassword: PASSWORD })]) {
    checkPage(t, used, 410, 'Error: The link is no longer good')
    t.match(used.body, 'ask for a new link in the app')
  }
})

t.test('a password that is refused leaves the link as it is', async t => {
  const service = await servePages(t)
  const { get, send, requestResetToken } = service
  await service.signUp(ADA)
  const token = await requestResetToken(ADA.email)
  const page = await get(`${PATH}?token=${token}`)
  const length = 'The new password is not accepted; give 8 to 128 characters of any kind.'
  for (const [newPassword, error] of [
    ['', length],
    ['short', length],
    // Eight characters as typed, seven in the form that is hashed.
    ['1234567e\u0301'.slice(1), length],
    ['x'.repeat(129), length],
    ['password123', /The new password [^<]+\./],
    ['ada@example.org', /The new password [^<]+\./]
  ] as const) {
    const again = await send(page, { newPassword })
    checkPage(t, again, 400, 'Error: Choose a new password')
    const text = /<p id="newPassword-error" class="error">([^<]*)</.exec(again.body)?.[1] ?? ''
    t.match(text, error)
    checkErrors(t, again, { newPassword: text })
    t.match(again.body, 'value="ada"')
  }
  const missing = await send(page)
  checkErrors(t, missing, { newPassword: 'The new password is required.' })
  checkPage(t, await send(page, { newPassword: NEW_PASSWORD }), 200, 'The password is changed')
})

t.test('a link that is no good says so at once, and what to do', async t => {
  const service = await servePages(t)
  const { clock, get, post, send, requestResetToken } = service
  await service.signUp(ADA)
  const token = await requestResetToken(ADA.email)
  const page = await get(`${PATH}?token=${token}`)

  for (const wrong of [`${token}x`, token.slice(0, -1), 'x', '', encodeURIComponent('<b>"')]) {
    const invalid = await get(`${PATH}?token=${wrong}`)
    checkPage(t, invalid, 400, 'Error: The link is not valid')
    t.match(invalid.body, 'Open the link in the mail again, whole')
    t.notMatch(invalid.body, '<b>')
    const sent = await post(PATH, `token=${wrong}&newPassword=${encodeURIComponent(NEW_PASSWORD)}`)
    checkPage(t, sent, 400, 'Error: The link is not valid')
    const both = await post(PATH, `token=${wrong}&newPassword=short`)
    checkPage(t, both, 400, 'Error: The link is not valid')
  }
  for (const query of ['', '?tokens=x', `?token=${token}&token=${token}`]) {
    const unusable = await get(`${PATH}${query}`)
    checkPage(t, unusable, 400, 'Error: The link or the form is not whole')
    t.match(unusable.body, /<code>(token|tokens|x)<\/code> (is|must)/)
  }

  clock.advance(3600)
  for (const late of [await get(`${PATH}?token=${token}`), await send(page, { newPassword: NEW_PASSWORD })]) {
    checkPage(t, late, 410, 'Error: The link has expired')
    t.match(late.body, 'A link is good for one hour.')
  }
})
