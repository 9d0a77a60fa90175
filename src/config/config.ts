import { isIP } from 'node:net'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Ajv, type ErrorObject } from 'ajv'
import { isOrigin } from '../http/origins.ts'
import { isDatabaseUrl } from './database-url.ts'

const DAY = 86_400
/** The longest life that a setting may give, in seconds: ten years. */
export const MAX_TTL = 3650 * DAY

/** The fewest bytes that an HS256 secret may have (RFC 7518, section 3.2). */
export const MIN_SECRET_BYTES = 32
/** The fewest bits that an RS256 key may have (RFC 7518, section 3.3). */
export const MIN_RSA_BITS = 2048

const Seconds = (fallback: number) =>
  Type.Integer({
    minimum: 1,
    maximum: MAX_TTL,
    default: fallback,
    description: `seconds, 1 to ${MAX_TTL}`
  })
const Switch = (fallback: 'on' | 'off') =>
  Type.Unsafe<'on' | 'off'>({ enum: ['on', 'off'], default: fallback, description: 'on or off' })

/** The environment that the service reads. A description says what is accepted; `writeOnly` marks a secret. */
export const Environment = Type.Object({
  HOST: Type.String({ format: 'host', default: '127.0.0.1', description: 'an address to listen on' }),
  PORT: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 3000,
    description: 'a port from 1 to 65535, or 0 for any free one'
  }),
  DATABASE_URL: Type.String({
    format: 'database',
    default: 'file:./data/latchkey.db',
    description: 'file:PATH, :memory: or postgres://USER:PASSWORD@HOST/NAME'
  }),
  DATABASE_POOL_MAX: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 10,
    description: 'the most connections to PostgreSQL, 1 to 1000'
  }),
  WEB_CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 1,
    description: 'a number of processes, 1 to 64'
  }),
  MAX_CONNECTIONS: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 10_000,
    description: 'the most connections of clients, 1 to 1000000'
  }),
  JWT_SECRET: Type.Optional(
    Type.String({
      format: 'secrets',
      writeOnly: true,
      description: `one or more secrets of at least ${MIN_SECRET_BYTES} bytes each, separated by commas`
    })
  ),
  // Marked as a secret, for some will paste the key itself where its file is asked for.
  JWT_PRIVATE_KEY_FILE: Type.Optional(
    Type.String({
      format: 'paths',
      writeOnly: true,
      description:
        'one or more PEM files, separated by commas, each with a private key: ' +
        `Ed25519, P-256 or RSA of at least ${MIN_RSA_BITS} bits`
    })
  ),
  JWT_ISSUER: Type.String({ default: 'latchkey', description: 'the issuer named in access tokens' }),
  JWT_AUDIENCE: Type.String({ default: 'latchkey', description: 'the audience named in access tokens' }),
  JWT_CLIENT_ID: Type.String({ default: 'latchkey', description: 'the client named in access tokens' }),
  ACCESS_TOKEN_TTL: Seconds(300),
  REFRESH_TOKEN_TTL: Seconds(30 * DAY),
  SESSION_TTL: Seconds(180 * DAY),
  REFRESH_RACE_LEEWAY: Type.Integer({
    minimum: 0,
    maximum: 300,
    default: 10,
    description: 'seconds, 0 to 300'
  }),
  REFRESH_RETRY_WINDOW: Seconds(600),
  MAX_SESSIONS: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 50,
    description: 'a number of sessions, 1 to 1000'
  }),
  SESSION_RETENTION: Seconds(30 * DAY),
  EVENT_RETENTION: Seconds(90 * DAY),
  TRASH_RETENTION: Seconds(30 * DAY),
  MAX_TODOS: Type.Integer({
    minimum: 1,
    maximum: 10_000_000,
    default: 100_000,
    description: 'a number of todos, 1 to 10000000'
  }),
  MAX_TODO_BYTES: Type.Integer({
    minimum: 1,
    maximum: 2_147_483_647,
    default: 134_217_728,
    description: 'a number of bytes, 1 to 2147483647'
  }),
  REQUIRE_IF_MATCH: Switch('off'),
  PASSWORD_MIN_LENGTH: Type.Integer({
    minimum: 8,
    maximum: 128,
    default: 8,
    description: 'a number of characters, 8 to 128'
  }),
  PASSWORD_HASH_MEMORY: Type.Integer({
    minimum: 19_456,
    maximum: 4_194_304,
    default: 19_456,
    description: 'KiB for each hash, 19456 to 4194304'
  }),
  PASSWORD_HASH_TIME: Type.Integer({
    minimum: 2,
    maximum: 100,
    default: 2,
    description: 'passes of argon2id, 2 to 100'
  }),
  RATE_LIMIT: Switch('on'),
  CORS_ORIGIN: Type.String({
    format: 'origins',
    default: '*',
    description:
      '* or origins such as https://app.example, https://*.app.example or capacitor://localhost, separated by commas: ' +
      'in lower case, without a path, a slash at the end or the default port'
  }),
  HSTS: Type.String({
    pattern: '^(off|max-age=\\d{1,10}(; ?includeSubDomains)?(; ?preload)?)$',
    default: 'max-age=31536000',
    description: 'off, or max-age=SECONDS, after which "; includeSubDomains" and "; preload" may follow'
  }),
  TRUST_PROXY: Type.String({
    format: 'proxies',
    default: 'false',
    description: 'false, true, or the addresses or networks of the proxies, separated by commas'
  }),
  LOG_LEVEL: Type.Unsafe<'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'>({
    enum: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    default: 'info',
    description: 'fatal, error, warn, info, debug, trace or silent'
  }),
  DOCS: Switch('on'),
  SHUTDOWN_DELAY: Type.Integer({
    minimum: 0,
    maximum: 300,
    default: 0,
    description: 'seconds, 0 to 300'
  }),
  SHUTDOWN_TIMEOUT: Type.Integer({
    minimum: 1,
    maximum: 300,
    default: 10,
    description: 'seconds, 1 to 300'
  }),
  METRICS_HOST: Type.String({
    format: 'host',
    default: '127.0.0.1',
    description: 'an address to serve metrics on'
  }),
  METRICS_PORT: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65_535,
      description: 'a port from 1 to 65535 for metrics, or 0 for any free one'
    })
  )
})
export type Config = Static<typeof Environment>

/** Splits a value that may hold several, separated by commas. */
export const splitList = (value: string): string[] => value.split(',').map(part => part.trim())

/** Private keys as PEM, as a JWK or as bare base64, none of which may ever be shown as the path that it was given for. */
const KEY_MATERIAL = /-----BEGIN|"d"|\bM[CI][\w+/-]{60}/

const isNetwork = (value: string) => {
  const [address = '', prefix, ...rest] = value.split('/')
  const bits = isIP(address) === 6 ? 128 : 32
  return (
    isIP(address) > 0 &&
    rest.length === 0 &&
    (prefix === undefined || (/^\d+$/.test(prefix) && +prefix <= bits))
  )
}

const isHost = (value: string) => isIP(value) > 0 || /^[\w-]+(\.[\w-]+)*\.?$/.test(value)

/** Whether the URL names a PostgreSQL database, rather than SQLite's file. */
export const isPostgres = (url: string): boolean => /^postgres(ql)?:/.test(url)

const ajv = new Ajv({
  useDefaults: true,
  removeAdditional: 'all',
  verbose: true,
  allErrors: true,
  formats: {
    host: isHost,
    database: isDatabaseUrl,
    secrets: value => splitList(value).every(secret => Buffer.byteLength(secret) >= MIN_SECRET_BYTES),
    paths: value => !KEY_MATERIAL.test(value),
    origins: value => value === '*' || splitList(value).every(isOrigin),
    proxies: value => /^(true|false)$/.test(value) || splitList(value).every(isNetwork)
  }
})
const validate = ajv.compile<Config>({ ...Environment, additionalProperties: false })

type SettingName = keyof Config
const SETTING_SCHEMAS: Readonly<Record<string, TSchema>> = Environment.properties

/** What settings have to be together. Each is looked at when all that it is about are accepted by themselves. */
const RULES: readonly {
  readonly settings: readonly SettingName[]
  /** @param show a setting's value, and whether it is the default */
  readonly check: (config: Config, show: (name: SettingName) => string) => string | false | undefined
}[] = [
  {
    settings: ['DATABASE_URL', 'WEB_CONCURRENCY'],
    check: ({ DATABASE_URL, WEB_CONCURRENCY }) =>
      DATABASE_URL === ':memory:' &&
      WEB_CONCURRENCY > 1 &&
      'WEB_CONCURRENCY: has to be 1 with DATABASE_URL=:memory:, as each process would have a database of its own.'
  },
  {
    settings: ['ACCESS_TOKEN_TTL', 'REFRESH_TOKEN_TTL'],
    check: ({ ACCESS_TOKEN_TTL, REFRESH_TOKEN_TTL }, show) =>
      ACCESS_TOKEN_TTL >= REFRESH_TOKEN_TTL &&
      `ACCESS_TOKEN_TTL: ${show('ACCESS_TOKEN_TTL')} is not less than REFRESH_TOKEN_TTL, ` +
        `${show('REFRESH_TOKEN_TTL')}: no session could ever be refreshed. Shorten the one or lengthen the other.`
  },
  {
    settings: ['REFRESH_TOKEN_TTL', 'SESSION_TTL'],
    check: ({ REFRESH_TOKEN_TTL, SESSION_TTL }, show) =>
      REFRESH_TOKEN_TTL > SESSION_TTL &&
      `REFRESH_TOKEN_TTL: ${show('REFRESH_TOKEN_TTL')} is more than SESSION_TTL, ${show('SESSION_TTL')}: ` +
        'every session would end before its refresh token does. Shorten the one or lengthen the other.'
  },
  {
    settings: ['HOST', 'PORT', 'METRICS_HOST', 'METRICS_PORT'],
    check: ({ HOST, PORT, METRICS_HOST, METRICS_PORT }) =>
      PORT > 0 &&
      PORT === METRICS_PORT &&
      (HOST === METRICS_HOST || [HOST, METRICS_HOST].some(isWildcardHost)) &&
      `METRICS_PORT: ${METRICS_PORT} is PORT already. Give another port for metrics.`
  }
]

const isWildcardHost = (host: string) => ['0.0.0.0', '::'].includes(host)

const SECRET_REQUIRED = `JWT_SECRET: is needed with PostgreSQL, where no file of ours is shared by all instances. Give ${Environment.properties.JWT_SECRET.description}.`

/** Settings that the service refuses to start with. The message has a line for each fault, fit for a terminal. */
export class ConfigError extends Error {
  readonly faults: readonly string[]

  constructor(...faults: string[]) {
    super(faults.join('\n'))
    this.faults = faults
  }
}

export interface ConfigNeeds {
  /** Whether tokens are made or checked, so that there has to be a key. They are, unless said otherwise. */
  readonly keys?: boolean
}

/**
 * Reads the settings.
 * @param environment the variables by name; an empty one counts as absent
 * @param earlierFaults faults that were found on the way
 * @throws {ConfigError} naming every variable with a wrong value, its fault and what is accepted
 */
export function readConfig(
  environment: NodeJS.ProcessEnv,
  { keys = true }: ConfigNeeds = {},
  earlierFaults: readonly string[] = []
): Config {
  const values = Object.fromEntries(
    Object.entries(environment)
      .filter(([, value]) => value !== '')
      .map(([name, value = '']) => [name, decodeValue(name, value)])
  )
  const faults = findFaults(values, environment, keys)
  if (faults.length > 0 || earlierFaults.length > 0) throw new ConfigError(...earlierFaults, ...faults)
  return values as Config
}

/** Numbers are decimal digits; what else JavaScript takes for one, `0x10` say, stays a text and is refused. */
const decodeValue = (name: string, value: string) =>
  SETTING_SCHEMAS[name]?.type === 'integer' && /^\d+$/.test(value) ? Number(value) : value

/** Fills in the defaults. */
function findFaults(
  values: Record<string, unknown>,
  environment: NodeJS.ProcessEnv,
  keys: boolean
): string[] {
  validate(values)
  const errors = new Map((validate.errors ?? []).map(error => [error.instancePath.slice(1), error]))
  const faults = [...errors.values()].map(error => describeFault(error, environment))
  const config = values as Config
  const show = (name: SettingName) => `${config[name]}${environment[name] ? '' : ' (the default)'}`
  for (const { settings: about, check } of RULES) {
    const fault = !about.some(name => errors.has(name)) && check(config, show)
    if (fault) faults.push(fault)
  }
  const { DATABASE_URL, JWT_SECRET, JWT_PRIVATE_KEY_FILE } = config
  if (keys && isPostgres(DATABASE_URL) && !JWT_SECRET && !JWT_PRIVATE_KEY_FILE) faults.push(SECRET_REQUIRED)
  return faults
}

function describeFault(error: ErrorObject, environment: NodeJS.ProcessEnv): string {
  const name = error.instancePath.slice(1)
  const schema = error.parentSchema as TSchema
  const value = environment[name] as string
  const shown = schema.writeOnly
    ? `a value of ${Buffer.byteLength(value)} bytes`
    : JSON.stringify(name.endsWith('_URL') ? maskPassword(value) : value)
  return `${name}: ${shown} is not accepted. Give ${schema.description}.`
}

/** Without what may be a password in a URL, however that is broken. */
const maskPassword = (value: string) =>
  value.replace(/(:\/*).*@/, '$1***@').replace(/\/\/[^@/]+:[^@]*$/, '//***')
