import { type Static, Type } from '@sinclair/typebox'

const DAY = 86_400
/** The longest lifetime that a setting accepts, in seconds: ten years. */
export const MAX_TTL = 3650 * DAY

/** The least length of an HS256 secret, in bytes (RFC 7518, section 3.2). */
export const MIN_SECRET_BYTES = 32
/** The least length of an RS256 key, in bits (RFC 7518, section 3.3). */
export const MIN_RSA_BITS = 2048

const Seconds = (fallback: number) =>
  Type.Integer({
    minimum: 1,
    maximum: MAX_TTL,
    default: fallback,
    description: `seconds, 1 to ${MAX_TTL}`
  })
const OneOf = <const Value extends string>(values: readonly Value[], fallback: Value) =>
  Type.Unsafe<Value>({
    enum: values,
    default: fallback,
    description: `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`
  })
const Switch = (fallback: 'on' | 'off') => OneOf(['on', 'off'], fallback)

const LinkTemplate = (placeholder: string) =>
  Type.Optional(
    Type.String({
      format: `link-with-${placeholder}`,
      description: `the address of a page of yours with {${placeholder}} in it, such as https://app.example.org/page?${placeholder}={${placeholder}}`
    })
  )

const PageUrl = Type.Optional(
  Type.String({
    format: 'page-url',
    description: 'the address of a page of yours, such as https://app.example.org/passkeys'
  })
)

/**
 * The environment variables of the service. A description completes the sentence "Give …" of error messages. `writeOnly`
 * marks a secret, whose value no message shows.
 */
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
  MAX_STREAMS: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 1000,
    description: 'the most open streams of changes of a process, 1 to 100000'
  }),
  MAX_STREAMS_PER_USER: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 5,
    description: 'the most open streams of changes of a user, 1 to 1000'
  }),
  JWT_SECRET: Type.Optional(
    Type.String({
      format: 'secrets',
      writeOnly: true,
      description: `one or more secrets of at least ${MIN_SECRET_BYTES} bytes each, separated by commas`
    })
  ),
  // Marked as a secret, because people paste the key itself where its file is asked for.
  JWT_PRIVATE_KEY_FILE: Type.Optional(
    Type.String({
      format: 'paths',
      writeOnly: true,
      description:
        'one or more PEM files, separated by commas, each with a private key: ' +
        `Ed25519, P-256 or RSA of at least ${MIN_RSA_BITS} bits`
    })
  ),
  SEALING_KEY: Type.Optional(
    Type.String({
      format: 'secrets',
      writeOnly: true,
      description: `one or more secrets of at least ${MIN_SECRET_BYTES} bytes each, separated by commas`
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
  REAUTHENTICATION_TTL: Seconds(600),
  SESSION_RETENTION: Seconds(30 * DAY),
  EVENT_RETENTION: Seconds(90 * DAY),
  TRASH_RETENTION: Seconds(30 * DAY),
  CHANGE_RETENTION: Seconds(90 * DAY),
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
  SIGN_UP: OneOf(['open', 'verified', 'invited', 'closed'], 'open'),
  MAIL_URL: Type.Optional(
    Type.String({
      format: 'mail',
      description: 'smtp://USER:PASSWORD@HOST:PORT, smtps://USER:PASSWORD@HOST:PORT, file:FOLDER or off'
    })
  ),
  MAIL_FROM: Type.Optional(
    Type.String({
      format: 'mailbox',
      description: 'the sender of mails, such as no-reply@example.org or Example <no-reply@example.org>'
    })
  ),
  APP_NAME: Type.String({
    pattern: '^[^\\p{C}]{1,100}$',
    default: 'Latchkey',
    description: 'the name of the application in mails and pages, 1 to 100 characters'
  }),
  PUBLIC_URL: Type.Optional(
    Type.String({
      format: 'public-url',
      description: 'the address at which people reach the service, such as https://id.example.org'
    })
  ),
  RESET_PASSWORD_URL: LinkTemplate('token'),
  CONFIRM_EMAIL_URL: LinkTemplate('challengeId'),
  REVERT_EMAIL_URL: LinkTemplate('token'),
  INVITATION_URL: LinkTemplate('token'),
  PASSKEY_RP_ID: Type.Optional(
    Type.String({
      format: 'rp-id',
      description: 'the domain that passkeys belong to, such as example.org: in lower case, without a port'
    })
  ),
  PASSKEY_ORIGINS: Type.Optional(
    Type.String({
      format: 'passkey-origins',
      description:
        'origins such as https://app.example.org, http://localhost:5173 or android:apk-key-hash:HASH, separated by commas: ' +
        'in lower case, without a path, a slash at the end or the default port'
    })
  ),
  PASSKEY_RELATED_ORIGINS: Type.Optional(
    Type.String({
      format: 'secure-origins',
      description: 'origins of other domains, such as https://example.com, separated by commas'
    })
  ),
  PASSKEY_ENROLL_URL: PageUrl,
  PASSKEY_MANAGE_URL: PageUrl,
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
  LOG_LEVEL: OneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
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
export type Environment = Static<typeof Environment>

/** The name of an environment variable that the service reads. */
export type SettingName = keyof Environment
