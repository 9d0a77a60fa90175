/**
 * Plays the article's scenarios against a real server on a temporary database: `npm run demo`. Access tokens live for two
 * seconds, because the demo waits for one to expire.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect, isDeepStrictEqual, styleText } from 'node:util'

const SERVER = join(import.meta.dirname, '../src/cli/main.ts')
/** Milliseconds after which the demo gives up. */
const TIMEOUT = 60_000
/** The fields that are printed: no passwords. */
const PRINTED_FIELDS =
  'code action retryAfter accessToken refreshToken username email items title description done'

/** The story. Each step is a request with the answer that is expected, and gets the actual answer. */
function* scenario(): Generator<Step, void, Answer> {
  const me = { username: 'ada', email: 'ada@example.org' }
  const password = 'correct horse battery staple'
  const pair = { accessToken: /^eyJ/, refreshToken: /^lkr_/ }
  const milk = { title: 'Buy milk', description: 'Oat, not cow', done: false }
  const bread = { title: 'Bake bread', description: null, done: false }

  yield ['register', 'POST /api/auth/register', { body: { ...me, password } }, 201, pair]
  const old = yield ['log in', 'POST /api/auth/login', { body: { email: me.email, password } }, 200, pair]
  yield ['be recognised', 'GET /api/auth/me', { as: old }, 200, me]

  const made = yield ['make a todo', 'POST /api/todos', { as: old, body: milk }, 201, milk]
  const todo = `/api/todos/${made.id}`
  yield ['list it', 'GET /api/todos', { as: old }, 200, { items: [made] }]
  yield ['tick it off', `PATCH ${todo}`, { as: old, body: { done: true } }, 200, { ...milk, done: true }]
  yield ['read it', `GET ${todo}`, { as: old }, 200, { ...milk, done: true }]
  yield ['replace it', `PUT ${todo}`, { as: old, body: { title: bread.title } }, 200, bread]
  yield ['delete it', `DELETE ${todo}`, { as: old }, 200, bread]
  yield ['find it gone', `GET ${todo}`, { as: old }, 404, { code: 'todo_not_found' }]

  const tooEarly = { code: 'access_token_not_expired', retryAfter: /^[12]$/ }
  const { retryAfter } = yield ['refresh too early', ...refresh(old), 409, tooEarly]
  const tooLate = { as: old, after: Number(retryAfter) }
  yield ['be refused after expiry', 'GET /api/auth/me', tooLate, 401, { code: 'access_token_expired' }]
  const next = yield ['refresh', ...refresh(old), 200, pair]
  yield ['refresh with the used pair', ...refresh(old), 401, { code: 'refresh_token_used' }]
  yield ['go on with the new pair', 'GET /api/auth/me', { as: next }, 200, me]
  yield ['log out', 'POST /api/auth/logout', { as: next }, 204, {}]
  yield ['be out at once', 'GET /api/auth/me', { as: next }, 401, { code: 'access_token_revoked' }]
}

/** Fields are values, or patterns for what cannot be foreseen. Other fields of the answer do not matter. */
type Step = [title: string, ...request: Request, status: number, fields: Record<string, unknown>]

/** Method and path; whose access token is sent, the body, and seconds to wait before. */
type Request = [line: string, options: { as?: Answer; body?: object; after?: number }]

/** The fields of an answer, with its Retry-After. */
interface Answer {
  readonly accessToken?: string
  readonly refreshToken?: string
  readonly [field: string]: unknown
}

function refresh({ accessToken, refreshToken }: Answer): Request {
  return ['POST /api/auth/refresh', { body: { accessToken, refreshToken } }]
}

/**
 * Plays the scenario to its end.
 * @returns the number of steps
 * @throws {Error} naming the first step whose answer is not as expected
 */
async function play(server: string, signal: AbortSignal): Promise<number> {
  const story = scenario()
  let current = story.next()
  let count = 0
  while (!current.done) {
    const [title] = current.value
    const answer = await perform(current.value, server, signal).catch(({ message }: Error) => {
      throw new Error(`${count} steps went as the article says, “${title}” did not: ${message}`)
    })
    current = story.next(answer)
    count += 1
  }
  return count
}

async function perform([title, line, options, status, fields]: Step, server: string, signal: AbortSignal) {
  const [actual, answer] = await send(server, [line, options], signal)
  const isExpected =
    actual === status && Object.keys(fields).every(name => matches(answer[name], fields[name]))
  const who = options.as ? ` as ${options.as.accessToken}` : ''

  print(isExpected ? 'green' : 'red', `${isExpected ? '✓' : '✗'} ${title}`)
  print('dim', `  ${line}${who}${formatFields(options.body)} → ${actual}${formatFields(answer)}`)
  if (!isExpected) throw new Error(`expected ${status} ${inspect(fields, { breakLength: Infinity })}`)
  return answer
}

async function send(server: string, [line, { as, body, after = 0 }]: Request, signal: AbortSignal) {
  await sleep(after * 1000, undefined, { signal })
  const [method = '', path] = line.split(' ')
  const headers = {
    ...(body && { 'content-type': 'application/json' }),
    ...(as && { authorization: `Bearer ${as.accessToken}` })
  }
  const request = { method, headers, body: JSON.stringify(body) ?? null, signal }
  const response = await fetch(`${server}${path}`, request)
  const retryAfter = response.headers.get('retry-after')
  const answer: Answer = { ...JSON.parse((await response.text()) || '{}'), ...(retryAfter && { retryAfter }) }
  return [response.status, answer] as const
}

const matches = (actual: unknown, expected: unknown) =>
  expected instanceof RegExp ? expected.test(String(actual)) : isDeepStrictEqual(actual, expected)

const formatFields = (body: object = {}) =>
  ` ${JSON.stringify(body, PRINTED_FIELDS.split(' '))}`.replace(' {}', '')

/** Prints ids and tokens by their ends, where they differ. */
function print(style: 'green' | 'red' | 'dim', line: string) {
  const short = line.replaceAll(/[\w.-]{32,}/g, long => `…${long.slice(-6)}`)
  const isColoured = process.stdout.isTTY && process.env.NO_COLOR === undefined
  process.stdout.write(`${isColoured ? styleText(style, short) : short}\n`)
}

/** Starts the service in an empty folder, without an `.env` and without settings of the caller. */
function startService(folder: string) {
  const { PATH, HOME } = process.env
  const DATABASE_URL = `file:${join(folder, 'latchkey.db')}`
  const env = { PATH, HOME, DATABASE_URL, PORT: '0', ACCESS_TOKEN_TTL: '2', LOG_LEVEL: 'info' }
  return spawn(process.execPath, [SERVER, 'serve'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit']
  })
}

/** Reads the address of the service from its log. */
async function waitForAddress(
  { stdout }: ReturnType<typeof startService>,
  signal: AbortSignal
): Promise<string> {
  for await (const line of createInterface({ input: stdout, signal })) {
    const address = /^Latchkey listens on (\S+)$/.exec(JSON.parse(line).msg)?.[1]
    if (address) return address
  }
  throw new Error('The service did not start.')
}

const interrupted = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort())
const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(TIMEOUT)])

const folder = await mkdtemp(join(tmpdir(), 'latchkey-demo-'))
const service = startService(folder)
const exit = once(service, 'exit')
try {
  const address = await waitForAddress(service, signal)
  // A log that nobody reads fills the pipe and holds up the service.
  service.stdout.resume()
  const count = await play(address, signal)
  print('green', `All ${count} steps went as the article says.`)
} catch (error) {
  print('red', (error as Error).message)
  process.exitCode = 1
} finally {
  service.kill('SIGTERM')
  await exit
  await rm(folder, { recursive: true })
}
