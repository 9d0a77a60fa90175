import { createHash } from 'node:crypto'
import t from 'tap'
import { homePage } from '../../routes/system/pages/home.ts'
import { getSourceUrl, packageInfo } from '../../src/config/package-info.ts'
import { catalogue } from '../../src/features.ts'
import { html } from '../../src/http/html.ts'
import { actions } from '../../src/problems/problem-type.ts'
import { type Answer, serve } from '../support/service.ts'

/** What Chromium sends for a page. */
const BROWSER = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'
}

/** The text of a page, as one reads it. */
const textOf = (page: string) =>
  page
    .replaceAll(/<style>.*?<\/style>|<[^>]+>/gs, '')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ')

/** Checks what all pages have in common. */
function checkPage(t: Test, { status, headers, body }: Answer, title: string, expected = 200) {
  t.equal(status, expected)
  t.match(headers, {
    'content-type': 'text/html; charset=utf-8',
    vary: 'Accept',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer'
  })
  const [, style = ''] = /<style>(.*?)<\/style>/s.exec(body) ?? []
  const hash = createHash('sha256').update(style).digest('base64')
  t.equal(
    headers['content-security-policy'],
    `default-src 'none';style-src 'sha256-${hash}';img-src data:;base-uri 'none';form-action 'none';frame-ancestors 'none'`
  )
  t.match(body, /^<!doctype html>\n<html lang="en">/)
  t.ok(body.includes(`<title>${title}</title>`), title)
  t.equal(body.match(/<h1>/g)?.length, 1, 'one heading')
  t.notMatch(body, /<script|style=|undefined|\[object/)
}
type Test = Parameters<typeof serve>[0]

t.test('the service describes itself to programs and to browsers', async t => {
  const { call } = await serve(t)
  const answer = await call('GET', '/')
  t.match(answer, {
    status: 200,
    headers: {
      vary: 'Accept',
      'cache-control': 'no-store',
      'content-type': 'application/json; charset=utf-8'
    }
  })
  t.strictSame(answer.body, {
    name: 'latchkey',
    version: packageInfo.version,
    description: packageInfo.description,
    status: 'ok',
    links: { docs: '/docs', openapi: '/openapi.json', problems: '/problems', limits: '/api/limits' }
  })

  const page = await call('GET', '/', { headers: BROWSER })
  checkPage(t, page, 'Latchkey')
  t.equal(page.headers['cache-control'], 'no-store')
  t.match(textOf(page.body), `${packageInfo.description}. The service is up, and the database answers.`)
  for (const path of ['/docs', '/openapi.json', '/problems', '/api/limits'])
    t.match(page.body, `<a href="${path}">`)

  const head = await call('HEAD', '/', { headers: BROWSER })
  t.match(head, {
    status: 200,
    body: '',
    headers: { 'content-type': 'text/html; charset=utf-8', vary: 'Accept' }
  })
  t.equal(head.headers['content-length'], String(Buffer.byteLength(page.body)))
})

t.test('a client that prefers HTML gets a page, all others get JSON', async t => {
  const { call } = await serve(t)
  const forms = {
    'text/html': 'text/html',
    'text/*': 'text/html',
    'application/json;q=0.4, text/html;q=0.5': 'text/html',
    '*/*': 'application/json',
    '': 'application/json',
    'application/json': 'application/json',
    'application/json, text/html': 'application/json',
    'text/html;q=0.4, application/json;q=0.5': 'application/json',
    'text/html;q=0, */*': 'application/json',
    'image/png': 'application/json'
  }
  for (const [accept, form] of Object.entries(forms))
    for (const path of ['/', '/problems', '/problems/rate_limited'])
      t.equal(
        (await call('GET', path, { headers: { accept } })).headers['content-type'],
        `${form}; charset=utf-8`,
        `${path} ${accept}`
      )
})

t.test('it says so when requests fail', async t => {
  const { app, call, lines } = await serve(t)
  await app.store.close()
  t.match(await call('GET', '/'), { status: 200, body: { status: 'database_unavailable' } })
  t.match(
    lines.map(line => JSON.parse(line)),
    [{ level: 50, err: { message: String }, msg: 'the database does not answer' }, {}]
  )
  const page = await call('GET', '/', { headers: BROWSER })
  checkPage(t, page, 'Latchkey')
  t.match(textOf(page.body), 'The database does not answer: see what that means.')
  t.match(page.body, '<a href="/problems/database_unavailable">')

  app.isStopping = true
  t.match(await call('GET', '/'), { status: 200, body: { status: 'shutting_down' } })
})

t.test('switched-off parts have no link, published ones have one', async t => {
  const { call } = await serve(t, { DOCS: 'off' })
  const { links } = (await call('GET', '/')).body
  t.strictSame(links, { problems: '/problems', limits: '/api/limits' })
  t.notMatch((await call('GET', '/', { headers: BROWSER })).body, /\/docs|openapi|undefined/)

  const { body } = await call('GET', '/')
  const source = 'https://example.org/latchkey'
  t.match(homePage({ ...body, links: { ...links, source } }).text, `<a href="${source}">Source</a>`)
  for (const repository of [source, `git+${source}.git`, { url: `git+${source}.git` }])
    t.equal(getSourceUrl({ name: 'latchkey', repository }), source)
  t.equal(getSourceUrl({ name: 'latchkey' }), undefined)
})

t.test('it varies by all that it depends on', async t => {
  const { call } = await serve(t, { CORS_ORIGIN: 'https://a.example, https://b.example' })
  const { headers } = await call('GET', '/', { headers: { origin: 'https://b.example' } })
  t.equal(headers.vary, 'Origin, Accept')
})

t.test('every problem type explains the cause and the next step, to programs and to browsers', async t => {
  const { call } = await serve(t)
  const kinds = []
  for (const [code, entry] of Object.entries(catalogue)) {
    const type = `/problems/${code}`
    const kind = { type, code, ...entry }
    kinds.push(kind)
    const answer = await call('GET', type)
    t.match(answer, { status: 200, headers: { vary: 'Accept' } })
    t.strictSame(answer.body, kind)

    const page = await call('GET', type, { headers: BROWSER })
    checkPage(t, page, entry.title)
    const text = textOf(page.body)
    const advice = 'action' in entry ? `: ${actions[entry.action]}` : ''
    for (const part of [
      entry.title,
      `${entry.status}`,
      code,
      JSON.stringify(entry.detail),
      entry.cause,
      entry.next,
      advice
    ])
      t.ok(text.includes(part), `${code}: ${part}`)
  }

  t.strictSame((await call('GET', '/problems')).body, { items: kinds })
  const page = await call('GET', '/problems', { headers: BROWSER })
  checkPage(t, page, 'Problems')
  for (const { type, title } of kinds) t.ok(page.body.includes(`<a href="${type}">${title}</a>`), title)
  for (const meaning of Object.values(actions)) t.ok(textOf(page.body).includes(meaning), meaning)

  for (const code of ['nonsense', 'toString', '__proto__'])
    t.match(await call('GET', `/problems/${code}`), { status: 404, body: { code: 'not_found' } })
})

t.test('a problem that a browser meets with is a page, which says the same', async t => {
  const { call } = await serve(t)
  const id = '01a20996-fb6c-78b7-96ed-227b58a269d2'
  const cases = [
    ['GET', '/nowhere', 404, 'not_found'],
    ['GET', '/problems/<script>', 404, 'not_found'],
    ['GET', '/api/auth/me', 401, 'authentication_required'],
    ['GET', `/api/todos/${id}`, 401, 'authentication_required'],
    ['GET', '/docs/nothing', 404, 'not_found'],
    ['GET', '/%zz', 400, 'malformed_request'],
    ['POST', '/health/live', 405, 'method_not_allowed']
  ] as const
  for (const [method, path, status, code] of cases) {
    const page = await call(method, path, { headers: BROWSER })
    const document = await call(method, path)
    t.match(document.body, { status, code })
    checkPage(t, page, document.body.title, status)
    for (const name of ['www-authenticate', 'allow', 'cache-control'])
      t.equal(page.headers[name], document.headers[name], name)
    t.equal(document.headers.vary, 'Accept')
    const text = textOf(page.body)
    const { title, detail } = document.body
    for (const part of [title, detail, code, `${status}`, page.headers['x-request-id']])
      t.ok(text.includes(String(part)), `${path}: ${part}`)
    t.match(page.body, `<a href="/problems/${code}">`)
  }
})

t.test('its faults are listed, and nothing that was sent becomes HTML', async t => {
  const { call, signUp } = await serve(t)
  const body = { email: 'x', password: 'y', '<b>"&': 1 }
  const page = await call('POST', '/api/auth/login', { body, headers: BROWSER })
  checkPage(t, page, 'The request is not valid', 400)
  t.notMatch(page.body, '<b>')
  t.match(page.body, '<code>/&lt;b&gt;&quot;&amp;</code> is not known')
  t.match(page.body, '<code>/email</code> is not accepted; give an e-mail address')
  const { accessToken: token } = await signUp()
  const query = await call('GET', '/api/todos?limit=0x10', { token, headers: BROWSER })
  checkPage(t, query, 'The request is not valid', 400)
  t.match(textOf(query.body), 'limit is not accepted; give a whole number from 1 to 200')
  const refused = await call('GET', '/api/todos', { token: 'x', headers: BROWSER })
  checkPage(t, refused, 'The access token is not valid', 401)
  t.match(textOf(refused.body), 'For programs, the action is sign-in')
})

t.test('a program that meets with a problem gets the document', async t => {
  const { call } = await serve(t)
  for (const accept of [
    '',
    '*/*',
    'application/json',
    'application/problem+json',
    'application/json, text/plain, */*',
    'application/json, text/html;q=0.9',
    'text/calendar',
    'text/html;q=0, */*',
    'image/avif,image/webp,*/*;q=0.8'
  ])
    for (const path of ['/nowhere', '/api/todos']) {
      const answer = await call('GET', path, { headers: { accept } })
      t.match(answer.headers, { 'content-type': /^application\/problem\+json/, vary: 'Accept' }, accept)
    }
})

t.test('guides name operations that there are', async t => {
  const { app } = await serve(t)
  for (const text of [...Object.values(catalogue).map(({ next }) => next), ...Object.values(actions)])
    for (const [, method = '', path = ''] of text.matchAll(/\b(GET|POST) (\/[\w/{}-]+)/g))
      t.ok(
        app.hasRoute({ method: method as 'GET', url: path.replaceAll(/\{(\w+)\}/g, ':$1') }),
        `${method} ${path}`
      )
})

t.test('the links of the pages lead somewhere', async t => {
  const { call } = await serve(t)
  const seen = new Set(['/'])
  for (const path of seen) {
    const { status, body } = await call('GET', path, { headers: BROWSER })
    t.ok(status === 200 || status === 302, `${path}: ${status}`)
    if (path.startsWith('/docs')) continue
    for (const [, next = ''] of String(body).matchAll(/<a href="(\/[^"]*)"/g)) seen.add(next)
  }
  t.ok(seen.size > Object.keys(catalogue).length)
})

t.test('values in HTML stay texts', async t => {
  const hostile = `<script>"&'</script>`
  const escaped = '&lt;script&gt;&quot;&amp;&#39;&lt;/script&gt;'
  t.equal(html`<p title="${hostile}">${hostile}</p>`.text, `<p title="${escaped}">${escaped}</p>`)
  t.equal(html`${[hostile, html`<b>${1}</b>`, undefined]}${undefined}`.text, `${escaped}<b>1</b>`)
})
