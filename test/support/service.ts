import type { Readable } from 'node:stream'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { FastifyInstance, InjectOptions } from 'fastify'
import type { Test } from 'tap'
import { type AppOptions, buildApp } from '../../src/app.ts'
import { createLogin } from '../../src/auth/accounts/login.ts'
import { createSecondFactorChallenges } from '../../src/auth/factors/login/challenges.ts'
import { createAuthMails } from '../../src/auth/mails/mails.ts'
import { createMailLimits } from '../../src/auth/throttling/mail-limits.ts'
import { readConfig } from '../../src/config/config.ts'
import type { SettingName } from '../../src/config/environment-schema.ts'
import { emptyDatabase } from './databases.ts'
import { createMailbox } from './mailbox.ts'

/** A setting of the service as it stands in the environment. */
export type Settings = Partial<Record<SettingName, string>>

export const SECRET = 'a secret of the tests and of nothing else'

/** What a test sees of an answer. */
export interface Answer {
  status: number
  headers: Record<string, string | undefined>
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what it expects of an answer, whatever its type says
  body: any
}

export interface CallOptions {
  token?: string | undefined
  body?: unknown
  headers?: Record<string, string>
}

/** A clock that stands still until a test moves it. */
export function createFakeClock(start = '2026-01-01T00:00:00.000Z') {
  let time = Date.parse(start)
  return {
    now: () => new Date(time),
    /** Goes on by some seconds. */
    advance: (seconds: number) => {
      time += Math.round(seconds * 1000)
    }
  }
}

/** Argon2id for less than any setting allows: few tests are about hashing. */
const CHEAP_HASHING = { PASSWORD_HASH_MEMORY: 64, PASSWORD_HASH_TIME: 1 }

/**
 * Starts the service as production does, on a database of its own, and ends it with the test.
 * @param settings as in the environment; hashing is cheap unless they name its price
 */
export async function serve(
  t: Test,
  settings: Settings = {},
  timeouts: AppOptions['timeouts'] = {},
  streamIntervals: AppOptions['streamIntervals'] = {}
) {
  const clock = createFakeClock()
  const lines: string[] = []
  const mailbox = createMailbox()
  const config = readConfig({
    DATABASE_URL: settings.DATABASE_URL ?? (await emptyDatabase(t)),
    DATABASE_POOL_MAX: '5',
    JWT_SECRET: SECRET,
    SEALING_KEY: 'a sealing key of the tests and of nothing else',
    RATE_LIMIT: 'off',
    MAIL_URL: 'off',
    ...settings
  })
  const hasPrice = settings.PASSWORD_HASH_MEMORY || settings.PASSWORD_HASH_TIME
  const app = await buildApp({
    config: hasPrice ? config : { ...config, ...CHEAP_HASHING },
    clock: clock.now,
    mailTransport: mailbox.transport,
    timeouts,
    streamIntervals,
    logger: { level: settings.LOG_LEVEL ?? 'info', stream: { write: line => lines.push(line) } }
  })
  t.teardown(() => app.close())
  await app.ready()
  // Tests share the machine: what keeps it busy says nothing of their requests.
  const { isUnderPressure } = app
  app.isUnderPressure = () => false
  const assertDocumented = getAnswerChecker(app, settings)

  /** Sends a request, and holds the answer against the OpenAPI document. */
  async function call(
    method: string,
    path: string,
    { token, body, headers }: CallOptions = {}
  ): Promise<Answer> {
    const options: InjectOptions = {
      method: method as NonNullable<InjectOptions['method']>,
      url: path,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers
      },
      ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) })
    }
    const hasEnd = headers?.accept !== 'text/event-stream'
    const response = await app.inject(hasEnd ? options : { ...options, payloadAsStream: true })
    // Of an empty answer the timer stays, and the process with it.
    clearTimeout((response.raw.res as { timeoutHandle?: NodeJS.Timeout }).timeoutHandle)
    const text = hasEnd ? response.body : await readUntilCaughtUp(response.stream())
    const isJson = text !== '' && /[/+]json/.test(String(response.headers['content-type']))
    const answer = {
      status: response.statusCode,
      headers: response.headers as Answer['headers'],
      body: isJson ? JSON.parse(text) : text
    }
    assertDocumented(method, path, answer)
    return answer
  }

  let accountCount = 0
  /** Makes an account and signs it in. */
  async function signUp(account: { username?: string; email?: string; password?: string } = {}) {
    accountCount += 1
    const body = {
      username: `user${accountCount}`,
      email: `user${accountCount}@example.org`,
      password: PASSWORD,
      ...account
    }
    const answer = await call('POST', '/api/auth/register', { body })
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
    return answer.body as Pair
  }

  const refresh = (pair: Pick<Pair, 'accessToken' | 'refreshToken'>) =>
    call('POST', '/api/auth/refresh', {
      body: { accessToken: pair.accessToken, refreshToken: pair.refreshToken }
    })

  /** The mails that have arrived since the last call. */
  const takeMails = () => mailbox.takeMails(app, lines)

  return { app, config, clock, lines, call, signUp, refresh, takeMails, isUnderPressure }
}

/** Reads a stream of changes until all of them are there. */
async function readUntilCaughtUp(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) {
    text += chunk
    if (text.includes('event: caught-up')) break
  }
  return text
}

export type Service = Awaited<ReturnType<typeof serve>>

export const PASSWORD = 'correct horse battery staple'

/** What a sign-in needs of a service, where no mail is sent. */
export const loginServices = ({ store, passwordHasher, throttle, sessions, tokens }: Service['app']) => ({
  store,
  passwordHasher,
  throttle,
  sessions,
  mails: createAuthMails(store, false),
  mailLimits: createMailLimits(store),
  secondFactorChallenges: createSecondFactorChallenges(store, tokens.deriveKeys)
})

/** Signs in, and does something after the password was verified and before the session begins. */
export async function loginWithDelay(app: Service['app'], email: string, meanwhile: () => Promise<unknown>) {
  const login = createLogin({
    ...loginServices(app),
    sessions: {
      async start(...args) {
        await meanwhile()
        return app.sessions.start(...args)
      }
    }
  })
  return login({ email, password: PASSWORD }, { ip: '192.0.2.1', userAgent: null })
}

export interface Pair {
  accessToken: string
  tokenType: string
  expiresIn: number
  refreshToken: string
  refreshExpiresIn: number
  user: { id: string; username: string; email: string; emailVerified: boolean }
  /** Of a registration that mailed a code. */
  verification?: { challengeId: string; expiresIn: number }
}

/** The problem that an answer must be, to the letter; `errors` and `action` where the kind has them. */
export const expectedProblem = (answer: Answer, status: number, code: string, rest: object = {}) => ({
  type: `/problems/${code}`,
  title: answer.body.title,
  status,
  detail: answer.body.detail,
  code,
  instance: answer.body.instance,
  ...rest
})

const checkers = new Map<string, ReturnType<typeof createAnswerChecker>>()

/** What checks answers against the OpenAPI document: made once for services of the same settings. */
function getAnswerChecker(app: FastifyInstance, { DATABASE_URL: _, ...settings }: Settings) {
  const key = JSON.stringify(settings)
  const check = checkers.get(key) ?? createAnswerChecker(JSON.parse(JSON.stringify(app.swagger())))
  checkers.set(key, check)
  return check
}

/** Checks that an operation's answers are documented: the status, the media type and the schema. */
function createAnswerChecker(document: { paths: Record<string, Record<string, Operation>> }) {
  const ajv = new Ajv({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema(document, 'openapi')
  const templates = Object.keys(document.paths).map(template => ({
    template,
    pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}${template === '/' ? '' : '/?'}$`)
  }))
  const compiled = new Map<string, ValidateFunction>()

  return (method: string, url: string, { status, headers, body }: Answer) => {
    const [path = ''] = url.split('?')
    const template =
      path in document.paths ? path : templates.find(({ pattern: shape }) => shape.test(path))?.template
    const operation = template && document.paths[template]?.[method.toLowerCase()]
    if (!operation) return
    const name = `${method} ${template} ${status}`
    const content = operation.responses[status]?.content
    if (!operation.responses[status]) throw new Error(`${name} is not documented`)
    if (status === 204 || status === 304) return
    const [mediaType = ''] = String(headers['content-type']).split(';')
    // A problem that a browser meets with is a page, whatever the operation.
    if (status >= 400 && mediaType === 'text/html') return
    if (!content?.[mediaType]) throw new Error(`${name} is not documented as ${mediaType}`)
    const pointer = [
      'paths',
      template,
      method.toLowerCase(),
      'responses',
      status,
      'content',
      mediaType,
      'schema'
    ]
    const $ref = `openapi#/${pointer.map(part => encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`
    const validate = compiled.get($ref) ?? ajv.compile({ $ref })
    compiled.set($ref, validate)
    if (!validate(body)) throw new Error(`${name} is not as documented: ${ajv.errorsText(validate.errors)}`)
  }
}

interface Operation {
  responses: Record<string, { content?: Record<string, unknown> }>
}
