import t from 'tap'
import { toFormProblem } from '../../routes/account/form.ts'
import { ADA, checkPage, NEW_PASSWORD, servePages } from './visitor.ts'

const PATHS = ['/account/reset-password', '/account/confirm-email', '/account/revert-email']
const NOT_WHOLE = 'Error: The link or the form is not whole'

t.test('a form is taken as it was made, and nothing else is', async t => {
  const service = await servePages(t)
  const { post, requestResetToken } = service
  await service.signUp(ADA)
  const token = await requestResetToken(ADA.email)
  const password = encodeURIComponent(NEW_PASSWORD)
  const whole = `token=${token}&newPassword=${password}`
  for (const [body, named] of [
    [`${whole}&endSessions=false`, '/endSessions'],
    [`${whole}&__proto__=x`, '/__proto__'],
    [`${whole}&newPassword=${password}`, '/newPassword'],
    [`${whole}&token=${token}`, '/token'],
    [`newPassword=${password}`, '/token'],
    ['', '/token'],
    ['=', '/']
  ] as const) {
    const refused = await post('/account/reset-password', body)
    if (named === '/newPassword') t.match(refused.body, 'The new password must be of type string.')
    else {
      checkPage(t, refused, 400, NOT_WHOLE)
      t.match(refused.body, `<code>${named}</code> `)
    }
    t.equal(refused.status, 400)
  }
  for (const body of [`${whole}%`, `${whole}%ff`, `${whole}é`])
    checkPage(t, await post('/account/reset-password', body), 400, 'Error: The request could not be read')
  for (const path of PATHS) {
    checkPage(t, await post(path, ''), 400, NOT_WHOLE)
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
      const refused = await post(path, '{}', { 'content-type': type })
      checkPage(t, refused, 415, 'Error: The media type is not supported')
      t.equal(refused.headers.accept, 'application/x-www-form-urlencoded')
    }
    t.match(await service.call('PUT', path), { status: 405, headers: { allow: 'POST, GET, HEAD' } })
  }
  const large = await post('/account/reset-password', `${whole}${'x'.repeat(100_000)}`)
  checkPage(t, large, 413, 'Error: The body is too large')
  checkPage(t, await post('/account/reset-password', whole), 200, 'The password is changed')
})

t.test('forms are taken by these pages only', async t => {
  const { post } = await servePages(t)
  t.match(await post('/api/auth/login', 'email=a&password=b'), {
    status: 415,
    headers: { accept: 'application/json' }
  })
})

t.test('without mail the pages say that they do not work', async t => {
  const { call, post } = await servePages(t, { MAIL_URL: 'off' })
  for (const path of PATHS)
    for (const answer of [await call('GET', path), await post(path, '')]) {
      checkPage(t, answer, 501, 'Error: This page does not work here')
      t.match(answer.body, 'The service sends no mail')
    }
})

t.test('whoever sends forms without end is slowed down, and told so', async t => {
  const { post } = await servePages(t, { RATE_LIMIT: 'on' })
  for (const path of PATHS) {
    for (let count = 0; count < 20; count++) t.equal((await post(path, '')).status, 400)
    const limited = await post(path, '')
    checkPage(t, limited, 429, 'Error: Too many requests')
    t.match(limited.body, 'Wait 60 seconds. Then go back and send the form again.')
  }
})

t.test('what goes wrong inside is a page, which tells nothing of the inside', async t => {
  const { app, get } = await servePages(t)
  const path = '/account/reset-password?token=x'
  app.accounts.findResetAccount = async () => {
    throw new Error('secret')
  }
  const failed = await get(path)
  checkPage(t, failed, 500, 'Error: Something went wrong on our side')
  t.match(failed.body, `<code>${failed.headers['x-request-id']}</code>`)
  t.notMatch(failed.body, 'secret')
  t.throws(() => toFormProblem(new Error('secret'), []), { message: 'secret' })
})

t.test('[LOGSAFE] neither a token nor a password is in the log, and the code of a problem is', async t => {
  const service = await servePages(t)
  await service.signUp(ADA)
  const token = await service.requestResetToken(ADA.email)
  const page = await service.get(`${PATHS[0]}?token=${token}`)
  await service.send(page, { newPassword: 'short' })
  const log = service.lines.join('')
  t.notMatch(log, token)
  t.notMatch(log, 'short')
  t.match(log, '"code":"validation_failed"')
})
