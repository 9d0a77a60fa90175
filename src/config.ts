import { isIP } from 'node:net'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Ajv, type ErrorObject } from 'ajv'
import { isOrigin } from './origins.ts'

const DAY = 86_400
const TEN_YEARS = 3650 * DAY

/** The fewest bytes that an HS256 secret may have (RFC 7518, section 3.2). */
export const SECRET_BYTES = 32
/** The fewest bits that an RS256 key may have (RFC 7518, section 3.3). */
export const RSA_BITS = 2048

const Seconds = (fallback: number) =>
  Type.Integer({
    minimum: 1,
    maximum: TEN_YEARS,
    default: fallback,
    description: `seconds, 1 to ${TEN_YEARS}`
  })
const Switch = (fallback: 'on' | 'off') =>
  Type.Unsafe<'on' | 'off'>({ enum: ['on', 'off'], default: fallback, description: 'on or off' })

/** The environment that the service reads. A description says what is accepted; `writeOnly` marks a secret. */
export const Environment = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', description: 'an address to listen on' }),
  PORT: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 3000,
    description: 'a port from 1 to 65535, or 0 for any free one'
  }),
  DATABASE_URL: Type.String({
    pattern: '^(file:.+|:memory:|postgres(ql)?://.+)$',
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
  JWT_SECRET: Type.Optional(
    Type.String({
      format: 'secrets',
      writeOnly: true,
      description: `one or more secrets of at least ${SECRET_BYTES} bytes each, separated by commas`
    })
  ),
  // Marked as a secret, for some will paste the key itself where its file is asked for.
  JWT_PRIVATE_KEY_FILE: Type.Optional(
    Type.String({
      format: 'paths',
      writeOnly: true,
      description:
        'one or more PEM files, separated by commas, each with a private key: ' +
        `Ed25519, P-256 or RSA of at least ${RSA_BITS} bits`
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
  METRICS_HOST: Type.String({ default: '127.0.0.1', description: 'an address to serve metrics on' }),
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
export const listOf = (value: string): string[] => value.split(',').map(part => part.trim())

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

const ajv = new Ajv({
  coerceTypes: true,
  useDefaults: true,
  removeAdditional: 'all',
  verbose: true,
  formats: {
    secrets: value => listOf(value).every(secret => Buffer.byteLength(secret) >= SECRET_BYTES),
    paths: value => !KEY_MATERIAL.test(value),
    origins: value => value === '*' || listOf(value).every(isOrigin),
    proxies: value => /^(true|false)$/.test(value) || listOf(value).every(isNetwork)
  }
})
const validate = ajv.compile<Config>({ ...Environment, additionalProperties: false })

/** Whether the URL names a PostgreSQL database, rather than SQLite's file. */
export const isPostgres = (url: string): boolean => /^postgres(ql)?:/.test(url)

const SECRET_NEEDED = `JWT_SECRET: is needed with PostgreSQL, where no file of ours is shared by all instances. Give ${Environment.properties.JWT_SECRET.description}.`

const NOTHING_SHARED =
  'WEB_CONCURRENCY: has to be 1 with DATABASE_URL=:memory:, as each process would have a database of its own.'

/** A setting that the service refuses to start with. The message is one line, fit for a terminal. */
export class ConfigError extends Error {}

/**
 * Reads the settings.
 * @param environment the variables by name; an empty one counts as absent
 * @throws {ConfigError} naming the first variable with a wrong value, its fault and what is accepted
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  if (!validate(given)) throw new ConfigError(faultOf(validate.errors?.[0] as ErrorObject, environment))
  const { DATABASE_URL, JWT_SECRET, JWT_PRIVATE_KEY_FILE, WEB_CONCURRENCY } = given
  if (DATABASE_URL === ':memory:' && WEB_CONCURRENCY > 1) throw new ConfigError(NOTHING_SHARED)
  if (isPostgres(DATABASE_URL) && !JWT_SECRET && !JWT_PRIVATE_KEY_FILE) throw new ConfigError(SECRET_NEEDED)
  return given
}

function faultOf(error: ErrorObject, environment: NodeJS.ProcessEnv): string {
  const name = error.instancePath.slice(1)
  const schema = error.parentSchema as TSchema
  const value = environment[name] as string
  const shown = schema.writeOnly
    ? `a value of ${Buffer.byteLength(value)} bytes`
    : JSON.stringify(value.replace(/\/\/.*@/, '//***@'))
  return `${name}: ${shown} is not accepted. Give ${schema.description}.`
}
