import t from 'tap'
import { MAX_POSITION_LENGTH } from '../../src/todos/order/position.ts'
import { type Answer, serve } from '../support/service.ts'
import { serveSignedIn } from '../todos/signed-in.ts'

const asLines = { 'content-type': 'application/x-ndjson' }
const x = (length: number) => 'x'.repeat(length)

t.test('the limits are public', async t => {
  const { call } = await serve(t, { TRASH_RETENTION: '7', PASSWORD_MIN_LENGTH: '12' })
  const { status, body } = await call('GET', '/api/limits')
  t.equal(status, 200)
  t.strictSame(body, {
    titleLength: 500,
    descriptionLength: 16_384,
    tags: 20,
    tagLength: 50,
    subtaskLevels: 4,
    subtasks: 500,
    lists: 500,
    listNameLength: 200,
    ruleLength: 500,
    ruleOccurrences: 1000,
    completions: 10_000,
    pageDefault: 50,
    pageMax: 200,
    searchLength: 200,
    bodyBytes: 262_144,
    authBytes: 65_536,
    bodyValues: 16_384,
    batchBytes: 1_048_576,
    batchOperations: 100,
    batchChanges: 1000,
    importBytes: 16_777_216,
    importLines: 100_000,
    idempotencyKeyLength: 255,
    idempotencySeconds: 86_400,
    todos: 100_000,
    todoBytes: 134_217_728,
    trashSeconds: 7,
    streamsPerUser: 5,
    usernameMinLength: 3,
    usernameMaxLength: 32,
    emailLength: 254,
    passwordMinLength: 12,
    passwordMaxLength: 128,
    authenticatorApps: 5,
    passkeys: 20,
    passkeyNameLength: 64,
    recoveryCodes: 10,
    personalAccessTokens: 50,
    personalAccessTokenNameLength: 100,
    personalAccessTokenSeconds: 31_622_400,
    requestsPerMinute: null
  })
})

t.test('at a limit a value is taken, beyond it no more', async t => {
  const { call, todos } = await serveSignedIn(t)
  const { body: limits } = await call('GET', '/api/limits')
  const create = (body: object) => todos('POST', '', body)
  const todo = (member: object) => create({ title: 'x', ...member })
  const lines = (text: string) => todos('POST', '/import', text, asLines)
  const batch = (count: number) =>
    todos('POST', '/batch', {
      operations: Array.from({ length: count }, () => ({ op: 'create', todo: { title: 'x' } })),
      validateOnly: true
    })
  const register = (member: object) =>
    call('POST', '/api/auth/register', {
      body: {
        username: 'somebody',
        email: 'somebody@example.org',
        password: 'correct horse battery',
        ...member
      }
    })
  const padded = (text: string, bytes: number) => text + ' '.repeat(bytes - text.length)

  /** What is sent, given a number that a limit is about; and the way that is refused, one further. */
  const cases: Record<string, [(size: number) => Promise<Answer>, step?: -1]> = {
    titleLength: [size => todo({ title: x(size) })],
    descriptionLength: [size => todo({ description: x(size) })],
    tags: [size => todo({ tags: Array.from({ length: size }, (_, n) => `${n}`) })],
    tagLength: [size => todo({ tags: [x(size)] })],
    pageMax: [size => todos('GET', `?limit=${size}`)],
    searchLength: [size => todos('GET', `?q=${x(size)}`)],
    bodyBytes: [
      size => todos('POST', '', padded('{"title":"x"}', size), { 'content-type': 'application/json' })
    ],
    authBytes: [
      size =>
        call('POST', '/api/auth/logout', {
          body: padded('{"scope":"others"}', size),
          headers: { 'content-type': 'application/json' }
        })
    ],
    batchBytes: [
      size =>
        todos('POST', '/batch', padded('{"operations":[{"op":"create","todo":{"title":"x"}}]}', size), {
          'content-type': 'application/json'
        })
    ],
    batchOperations: [batch],
    importBytes: [
      size => {
        const line = `${padded('{"title":"x"}', 99_999)}\n`
        const whole = line.repeat(Math.floor(size / line.length) - 1)
        return lines(whole + padded('{"title":"x"}', size - whole.length))
      }
    ],
    idempotencyKeyLength: [size => todos('POST', '', { title: 'x' }, { 'idempotency-key': x(size) })],
    usernameMinLength: [size => register({ username: x(size), email: 'min@example.org' }), -1],
    usernameMaxLength: [size => register({ username: x(size), email: 'max@example.org' })],
    emailLength: [
      size => {
        const domain = `${`${x(60)}.`.repeat(2)}${x(55)}.example.org`
        return register({ username: 'long', email: `${x(size - domain.length - 1)}@${domain}` })
      }
    ],
    passwordMinLength: [
      size =>
        register({ username: 'short', email: 'short@example.org', password: 'k7#qzP2w-Vm4'.slice(0, size) }),
      -1
    ],
    passwordMaxLength: [
      size =>
        register({
          username: 'wordy',
          email: 'wordy@example.org',
          password: 'four random words '.padEnd(size, '.')
        })
    ]
  }
  for (const [name, [send, step = 1]] of Object.entries(cases)) {
    const beyond = await send(limits[name] + step)
    t.ok([400, 413].includes(beyond.status), `${name}: ${beyond.status} beyond`)
    const { status, body } = await send(limits[name])
    t.ok(status < 300, `${name}: ${status} at it ${status < 300 ? '' : JSON.stringify(body)}`)
  }
  await lines(Array.from({ length: limits.pageDefault }, () => '{"title":"x"}\n').join(''))
  t.equal((await todos('GET', '')).body.items.length, limits.pageDefault)
})

/** JSON of which each character of each text is written as escapes, in a legal and unusually roomy way. */
const escaped = (value: unknown) =>
  JSON.stringify(value, null, 2).replaceAll(/"(?:[^"\\]|\\.)*"/g, escapedText)

function escapedText(json: string): string {
  const units = JSON.parse(json).split('')
  return `"${units.map((unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`
}

t.test('a text within its limit of characters fits into the body, in any legal spelling', async t => {
  const { call, signUp, todos } = await serveSignedIn(t)
  const { body: limits } = await call('GET', '/api/limits')
  const json = { 'content-type': 'application/json' }
  for (const character of ['a', 'é', '\u4e2d', '🎂']) {
    const texts = (length: number) => character.repeat(length)
    const largest = {
      title: texts(limits.titleLength),
      description: texts(limits.descriptionLength),
      done: true,
      due: { dateTime: '2026-03-29T09:00:00', timeZone: 'America/Argentina/ComodRivadavia' },
      priority: 'medium',
      tags: Array.from({ length: limits.tags }, (_, n) => `${n + 10}${texts(limits.tagLength - 2)}`)
    }
    const id = `01a20996-fb6c-78b7-96ed-${String(character.charCodeAt(0)).padStart(12, '0')}`
    const line = { ...largest, id, position: 'V'.repeat(MAX_POSITION_LENGTH) }
    for (const write of [JSON.stringify, escaped]) {
      const name = `${character} ${write === escaped ? 'escaped' : ''}`
      const body = write(largest)
      const made = await todos('POST', '', body, json)
      t.equal(made.status, 201, name)
      t.strictSame((await todos('PATCH', `/${made.body.id}`, body, json)).body, made.body, name)
      const operations = [{ op: 'create', todo: largest }]
      t.equal((await todos('POST', '/batch', write({ operations }), json)).status, 200, name)
      const imported = await todos('POST', '/import', write(line).replaceAll(/\n */g, ''), asLines)
      t.equal(imported.status, 200, JSON.stringify(imported.body))
      const { body: read } = await todos('GET', `/${id}`)
      t.equal(read.position?.length, MAX_POSITION_LENGTH, JSON.stringify(read).slice(0, 300))
      t.strictSame((await todos('PUT', `/${id}`, write(read), json)).body, read, `${name}: as it was read`)
    }

    const password = texts(limits.passwordMaxLength)
    const account = { username: x(limits.usernameMaxLength - 2), email: 'ada@example.org', password }
    const n = character.charCodeAt(0)
    const own = { ...account, username: `${account.username}${n % 100}`, email: `${n}@example.org` }
    const registered = await call('POST', '/api/auth/register', { body: escaped(own), headers: json })
    t.not(registered.status, 413)
    const { accessToken: token } = await signUp({ username: `user-${n}`, email: `user${n}@example.org` })
    const change = { currentPassword: password, newPassword: password, endOtherSessions: true }
    t.not(
      (await call('PUT', '/api/auth/password', { token, body: escaped(change), headers: json })).status,
      413
    )
  }
})

t.test('the rates are shown when they are enforced, and they are enforced', async t => {
  const { call, todos } = await serveSignedIn(t, { RATE_LIMIT: 'on' })
  const { requestsPerMinute } = (await call('GET', '/api/limits')).body
  t.strictSame(requestsPerMinute, {
    all: 1200,
    register: 20,
    login: 30,
    refresh: 120,
    account: 20,
    import: 20
  })
  const statuses: number[] = []
  for (let count = 0; count <= requestsPerMinute.import; count++)
    statuses.push((await todos('POST', '/import', '', asLines)).status)
  t.strictSame(statuses, [...Array(requestsPerMinute.import).fill(200), 429])
})
