import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { type Client, createClient, UnexpectedResponseError } from '../../src/client/index.ts'
import { serve } from '../support/service.ts'
import { ADA, advance, CHANNEL_NAME, createTestClient } from './in-process-client.ts'

type Content = [status: number, contentType: string | undefined, body: string | null]

const HTML = '<!doctype html><title>Free Wi-Fi</title>'
const JSON_TYPE = 'application/json; charset=utf-8'

const answer = ([status, type, body]: Content) =>
  new Response(body, { status, headers: { ...(type !== undefined && { 'content-type': type }) } })

const USER = { id: '1', username: 'ada', email: ADA.email }
const PAIR = { accessToken: 'a', refreshToken: 'r', expiresIn: 300, user: USER }
const json = (value: unknown): Content => [200, JSON_TYPE, JSON.stringify(value)]

/** What others answer to a refresh, and call a success. */
const notPairs: Record<string, Content> = {
  'the page of a captive portal': [200, 'text/html; charset=utf-8', HTML],
  'a page that says it is JSON': [200, JSON_TYPE, HTML],
  'an empty body': [200, JSON_TYPE, ''],
  'an empty body without a type': [200, undefined, null],
  'no content': [204, undefined, null],
  'a text': [200, 'text/plain', 'OK'],
  'JSON without its type': [200, 'text/plain', JSON.stringify(PAIR)],
  'lines of JSON': [200, 'application/jsonl', JSON.stringify(PAIR)],
  'a problem that says it is a success': [200, 'application/problem+json', JSON.stringify(PAIR)],
  'JSON that was cut off': [200, JSON_TYPE, JSON.stringify(PAIR).slice(0, -1)],
  null: json(null),
  'a list': json([PAIR]),
  'an object of another shape': json({ status: 'ok' }),
  'the answer in an envelope': json({ data: PAIR }),
  'a pair without a refresh token': json({ ...PAIR, refreshToken: undefined }),
  'a pair with an empty token': json({ ...PAIR, accessToken: '' }),
  'a pair with a number for a token': json({ ...PAIR, accessToken: 17 }),
  'a pair with a token that no header carries': json({ ...PAIR, accessToken: 'ключ' }),
  'a pair that lives as a text': json({ ...PAIR, expiresIn: '300' }),
  'a pair that lives for ever': [200, JSON_TYPE, JSON.stringify(PAIR).replace('300', '1e999')],
  'a pair of nobody': json({ ...PAIR, user: null }),
  'a pair of somebody else': json(PAIR)
}

t.test('an answer that is no next pair leaves the pair unchanged, and the refresh is retried', async t => {
  const service = await serve(t)
  const { client, state, storage } = createTestClient(service)
  await client.auth.register(ADA)
  for (const [name, content] of Object.entries(notPairs))
    await t.test(name, async t => {
      advance(service, 300, state)
      const before = storage.getItem(CHANNEL_NAME)
      const keys = new Set<string | null>()
      state.hook = async (_url, init) => {
        keys.add(new Headers(init.headers).get('idempotency-key'))
        return answer(content)
      }
      state.sent.length = 0
      const error = await client.auth.me().catch(error => error)
      t.ok(error instanceof UnexpectedResponseError)
      const [status, contentType = null] = content
      t.match(error, { name: 'UnexpectedResponseError', status, contentType })
      t.strictSame(state.sent, Array(5).fill('POST /api/auth/refresh'))
      t.equal(storage.getItem(CHANNEL_NAME), before)

      state.hook = (_url, init, pass) => {
        keys.add(new Headers(init.headers).get('idempotency-key'))
        return pass()
      }
      t.match(await client.auth.me(), { username: 'ada' })
      // Calls are without one.
      t.strictSame([...keys], [JSON.parse(`${before}`).key, null], 'all tries have one key')
      t.not(storage.getItem(CHANNEL_NAME), before)
    })
  t.strictSame(state.signOuts, [])
})

const CODE_ANSWER = { challengeId: '', code: '' }

type Expected = 'json' | 'lines' | 'nothing'

/** Each call, and what it is answered with. */
const calls: Record<string, [Expected, (client: Client) => Promise<unknown>]> = {
  'auth.register': ['json', ({ auth }) => auth.register(ADA)],
  'auth.startRegistration': ['json', ({ auth }) => auth.startRegistration(ADA)],
  'auth.confirmRegistration': ['json', ({ auth }) => auth.confirmRegistration(CODE_ANSWER)],
  'auth.login': ['json', ({ auth }) => auth.login(ADA)],
  'auth.logout': ['nothing', ({ auth }) => auth.logout({ scope: 'others' })],
  'auth.me': ['json', ({ auth }) => auth.me()],
  'auth.rename': ['json', ({ auth }) => auth.rename('countess')],
  'auth.loginWithSecondFactor': [
    'json',
    ({ auth }) => auth.loginWithSecondFactor({ challenge: '', code: '' })
  ],
  'auth.factors': ['json', ({ auth }) => auth.factors()],
  'auth.beginTotp': ['json', ({ auth }) => auth.beginTotp()],
  'auth.confirmTotp': ['json', ({ auth }) => auth.confirmTotp('1', '123456')],
  'auth.removeFactor': ['nothing', ({ auth }) => auth.removeFactor('1')],
  'auth.replaceRecoveryCodes': ['json', ({ auth }) => auth.replaceRecoveryCodes()],
  'auth.reauthenticate': ['json', ({ auth }) => auth.reauthenticate({ password: '' })],
  'auth.changePassword': [
    'json',
    ({ auth }) => auth.changePassword({ currentPassword: '', newPassword: '' })
  ],
  'auth.deleteAccount': ['nothing', ({ auth }) => auth.deleteAccount('')],
  'auth.getPasskey': ['json', ({ auth }) => auth.getPasskey()],
  'auth.loginWithPasskey': ['json', ({ auth }) => auth.loginWithPasskey()],
  'auth.createFirstPasskey': ['json', ({ auth }) => auth.createFirstPasskey(ADA)],
  'auth.addPasskey': ['json', ({ auth }) => auth.addPasskey()],
  'auth.passkeys': ['json', ({ auth }) => auth.passkeys()],
  'auth.patchPasskey': ['json', ({ auth }) => auth.patchPasskey('1', {})],
  'auth.removePasskey': ['nothing', ({ auth }) => auth.removePasskey('1')],
  'auth.requestVerification': ['json', ({ auth }) => auth.requestVerification()],
  'auth.confirmVerification': ['json', ({ auth }) => auth.confirmVerification(CODE_ANSWER)],
  'auth.changeEmail': ['json', ({ auth }) => auth.changeEmail({ email: '', currentPassword: '' })],
  'auth.confirmEmailChange': ['json', ({ auth }) => auth.confirmEmailChange(CODE_ANSWER)],
  'auth.revertEmail': ['nothing', ({ auth }) => auth.revertEmail('')],
  'auth.requestPasswordReset': ['json', ({ auth }) => auth.requestPasswordReset('')],
  'auth.resetPassword': ['nothing', ({ auth }) => auth.resetPassword({ token: '', newPassword: '' })],
  'auth.sessions': ['json', ({ auth }) => auth.sessions()],
  'auth.endSession': ['nothing', ({ auth }) => auth.endSession('1')],
  'auth.personalAccessTokens': ['json', ({ auth }) => auth.personalAccessTokens()],
  'auth.personalAccessToken': ['json', ({ auth }) => auth.personalAccessToken('1')],
  'auth.createPersonalAccessToken': [
    'json',
    ({ auth }) => auth.createPersonalAccessToken({ name: 'script', scopes: ['todos:read'] })
  ],
  'auth.revokePersonalAccessToken': ['nothing', ({ auth }) => auth.revokePersonalAccessToken('1')],
  'auth.listEvents': ['json', ({ auth }) => auth.listEvents()],
  'auth.events': ['json', ({ auth }) => auth.events().next()],
  'todos.list': ['json', ({ todos }) => todos.list()],
  'todos.all': ['json', ({ todos }) => todos.all().next()],
  'todos.get': ['json', ({ todos }) => todos.get('1')],
  'todos.create': ['json', ({ todos }) => todos.create({ title: 'Milk' })],
  'todos.patch': ['json', ({ todos }) => todos.patch('1', {})],
  'todos.replace': ['json', ({ todos }) => todos.replace('1', { title: 'Milk' })],
  'todos.move': ['json', ({ todos }) => todos.move('1', { to: 'top' })],
  'todos.delete': ['json', ({ todos }) => todos.delete('1')],
  'todos.restore': ['json', ({ todos }) => todos.restore('1')],
  'todos.skip': ['json', ({ todos }) => todos.skip('1')],
  'todos.listCompletions': ['json', ({ todos }) => todos.listCompletions('1')],
  'todos.completions': ['json', ({ todos }) => todos.completions('1').next()],
  'todos.takeBackCompletion': ['json', ({ todos }) => todos.takeBackCompletion('1', '2')],
  'todos.export': ['lines', ({ todos }) => todos.export()],
  'todos.exportCalendar': ['lines', ({ todos }) => todos.exportCalendar()],
  'todos.import': ['json', ({ todos }) => todos.import('{}')],
  'todos.importCalendar': ['json', ({ todos }) => todos.importCalendar('')],
  'todos.batch': ['json', ({ todos }) => todos.batch([])],
  'tags.list': ['json', ({ tags }) => tags.list()],
  'tags.all': ['json', ({ tags }) => tags.all().next()],
  'tags.rename': ['json', ({ tags }) => tags.rename('a', 'b')],
  'tags.remove': ['json', ({ tags }) => tags.remove('a')]
}

/** What is wrong for which calls. */
const wrong: [Content, ...Expected[]][] = [
  [[200, 'text/html', HTML], 'json', 'lines', 'nothing'],
  [[200, JSON_TYPE, '{}'], 'json', 'lines', 'nothing'],
  [[200, JSON_TYPE, '{"items":null,"results":17}'], 'json'],
  [[200, JSON_TYPE, '{"items":[null],"nextCursor":null,"results":[null]}'], 'json'],
  [[202, 'text/html', HTML], 'json', 'lines', 'nothing'],
  [[200, undefined, null], 'json', 'lines', 'nothing'],
  [[204, undefined, null], 'json', 'lines']
]

t.test('each call tells a success that is not its own', async t => {
  const { client, state, storage } = createTestClient(await serve(t))
  await client.auth.register(ADA)
  const before = storage.getItem(CHANNEL_NAME)
  for (const [content, ...expectations] of wrong) {
    state.hook = async () => answer(content)
    for (const [name, [expected, call]] of Object.entries(calls))
      if (expectations.includes(expected))
        await t.rejects(call(client), { name: 'UnexpectedResponseError', status: content[0] }, name)
  }
  t.equal(storage.getItem(CHANNEL_NAME), before)
  t.strictSame(state.signOuts, [])
  const names = (['auth', 'todos', 'tags'] as const).flatMap(part =>
    Object.keys(client[part]).map(name => `${part}.${name}`)
  )
  t.strictSame([...Object.keys(calls), 'auth.user'].sort(), names.sort(), 'that is all of them')
})

t.test('a registration is answered with a pair and a whole challenge, or with a challenge', async t => {
  const { client, state } = createTestClient(await serve(t))
  for (const verification of [{}, null, { challengeId: '1', expiresIn: '600' }]) {
    state.hook = async () => answer(json({ ...PAIR, verification }))
    await t.rejects(client.auth.register(ADA), { name: 'UnexpectedResponseError' })
  }
  t.equal(client.auth.user(), undefined)
})

t.test("a refusal that is not the service's signs nobody out, and counts as no answer", async t => {
  const service = await serve(t)
  const { client, state, storage } = createTestClient(service)
  await client.auth.register(ADA)
  const before = storage.getItem(CHANNEL_NAME)
  const foreign = (problem: object): Content => [401, 'application/problem+json', JSON.stringify(problem)]
  const refusals: Content[] = [
    ...[400, 401, 403, 404, 407, 429, 502, 511].map((status): Content => [status, 'text/html', HTML]),
    [401, undefined, null],
    [401, 'application/json', '{"code":"refresh_token_revoked","action":"sign-in"}'],
    [401, 'application/problem+json', '{"code":"refresh_token_revoked","action":"si'],
    [401, 'application/problem+json', 'null'],
    foreign({ title: 'Unauthorized', status: 401, action: 'sign-in' }),
    foreign({ code: 17, action: 'sign-in' }),
    foreign({ type: 17, code: 'unauthorized', action: 'sign-in' }),
    foreign({ type: 'about:blank', code: 'unauthorized', action: 'sign-in' }),
    foreign({ type: 'https://gateway.example/errors/expired', code: 'expired', action: 'sign-in' })
  ]
  async function meets(content: Content, wanted: string) {
    state.sent.length = 0
    state.hook = async () => answer(content)
    await t.rejects(client.auth.me(), { name: 'ProblemError', status: content[0], code: 'unknown' })
    t.strictSame(state.sent, Array(5).fill(wanted), `${content}`)
  }
  for (const content of refusals) await meets(content, 'GET /api/auth/me')
  advance(service, 300, state)
  for (const content of refusals) await meets(content, 'POST /api/auth/refresh')
  t.equal(storage.getItem(CHANNEL_NAME), before)
  t.strictSame(state.signOuts, [])
  state.hook = (_url, _init, pass) => pass()
  t.match(await client.auth.me(), { username: 'ada' })
})

t.test('a redirection to a sign-in page is no answer', async t => {
  const pages: Record<string, Content> = {
    '/html': [200, 'text/html', HTML],
    '/json': json({ login: 'required' })
  }
  let page = '/html'
  const server = createServer((request, response) => {
    const [status, type, body] = pages[`${request.url}`] ?? [302, 'text/plain', '']
    response.writeHead(status, { 'content-type': type, location: page }).end(body)
  })
  t.teardown(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createClient({ baseUrl, platform: { sleep: async () => {} } })
  for (page of Object.keys(pages)) {
    await t.rejects(client.auth.login(ADA), { name: 'UnexpectedResponseError', url: `${baseUrl}${page}` })
    await t.rejects(client.auth.logout(), { name: 'UnexpectedResponseError', url: `${baseUrl}${page}` })
  }
})

t.test('a page that leads to itself is not walked through for ever', async t => {
  const { client, state } = createTestClient(await serve(t))
  await client.auth.register(ADA)
  // Something on the way ignores the query.
  state.hook = async () => answer(json({ items: [], nextCursor: 'next' }))
  for (const walk of [client.todos.all(), client.auth.events()])
    await t.rejects(Array.fromAsync<unknown>(walk), { name: 'UnexpectedResponseError' })
})

t.test('a query string contains all given values', async t => {
  const { client, state } = createTestClient(await serve(t))
  await client.auth.register(ADA)
  const todo = await client.todos.create({ title: 'Käse & Brot=100% #1?', tags: ['a+b', 'c d'] })
  const other = await client.todos.create({ title: 'Cake' })
  t.strictSame((await client.todos.list({ tag: ['a+b', 'c d'], q: 'käse & brot=100% #1?' })).items, [todo])
  t.strictSame(
    state.sent.at(-1)?.split('?')[1],
    'tag=a%2Bb&tag=c%20d&q=k%C3%A4se%20%26%20brot%3D100%25%20%231%3F'
  )
  t.strictSame((await client.todos.list({ tag: [] })).items, [todo, other])
  t.equal(state.sent.at(-1), 'GET /api/todos')
  // Half an emoji, as is left of one that was cut in two, is sent as URLSearchParams does.
  await client.todos.list({ q: 'cake \ud83c' })
  t.equal(state.sent.at(-1), 'GET /api/todos?q=cake%20%EF%BF%BD')
})
