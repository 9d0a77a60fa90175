import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import { parameterOf } from '../support/mailbox.ts'
import { type Answer, type Service, type Settings, serve } from '../support/service.ts'

const MAIL = {
  MAIL_URL: 'smtp://127.0.0.1:25',
  MAIL_FROM: 'no-reply@example.org',
  PUBLIC_URL: 'https://id.example',
  APP_NAME: 'A & B'
}
export const NEW_PASSWORD = 'battery staple, correct horse'
export const ADA = { username: 'ada', email: 'ada@example.org' }

/** Starts the service with mail, and with somebody who visits its pages. */
export async function servePages(t: Test, settings: Settings = {}) {
  const service = await serve(t, { ...MAIL, ...settings })
  return { ...service, ...createVisitor(service) }
}

/** Makes somebody who opens pages and sends forms. */
function createVisitor({ call, takeMails }: Service) {
  const get = (path: string, headers: Record<string, string> = {}) => call('GET', path, { headers })
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    call('POST', path, { body, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } })

  /** Fills the form of a page in, and sends it with what is hidden in it. */
  function send({ body }: Answer, values: Record<string, string> = {}) {
    const [, action = ''] = /<form method="post" action="([^"]*)"/.exec(body) ?? []
    const hidden = body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)
    const fields = Array.from(hidden as Iterable<string[]>, ([, name = '', value = '']) => [name, value])
    const form = new URLSearchParams([...fields, ...Object.entries(values)] as [string, string][])
    return post(new URL(action, 'https://id.example/account/page').pathname, form.toString())
  }

  /** Asks for a link to choose a password, and takes its token out of the mail. */
  async function requestResetToken(email: string) {
    await takeMails()
    await call('POST', '/api/auth/password/reset-request', { body: { email } })
    const [mail] = await takeMails()
    return mail ? parameterOf(mail, 'token') : ''
  }

  return { get, post, send, requestResetToken }
}

/** Checks what all pages for people have in common. */
export function checkPage(t: Test, { status, headers, body }: Answer, expected: number, title: string) {
  t.equal(status, expected, title)
  const [, style = ''] = /<style>(.*?)<\/style>/s.exec(body) ?? []
  const hash = createHash('sha256').update(style).digest('base64')
  t.match(headers, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'content-security-policy': `default-src 'none';style-src 'sha256-${hash}';img-src data:;base-uri 'none';form-action 'self';frame-ancestors 'none'`
  })
  t.match(body, `<title>${title} – A &amp; B</title>`)
  t.equal(body.match(/<h1>/g)?.length, 1, 'one heading')
  t.notMatch(body, /<script|style=|undefined|\[object/)
  t.equal(/^Error: /.test(title), status >= 400)
}

/** Checks that a form is shown again with what is wrong: in the summary, and at the fields. */
export function checkErrors(t: Test, { body }: Answer, errors: Record<string, string>) {
  const list = Object.entries(errors).map(([name, text]) => `<li><a href="#${name}">${text}</a></li>\n`)
  t.match(body, `<ul>\n${list.join('')}</ul>`)
  t.match(body, '<div class="summary" role="alert" aria-labelledby="summary-title" tabindex="-1" autofocus>')
  for (const [name, text] of Object.entries(errors)) {
    t.match(body, `<p id="${name}-error" class="error">${text}</p>`)
    t.match(
      body,
      new RegExp(
        `<input id="${name}" [^>]* aria-describedby="${name}-hint ${name}-error" aria-invalid="true">`
      )
    )
  }
  t.equal(body.match(/aria-invalid/g)?.length, Object.keys(errors).length)
  t.notMatch(body, /type="password"[^>]*value=/, 'no password is shown again')
}
