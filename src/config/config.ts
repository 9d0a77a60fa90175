import { crossCheck } from './cross-checks.ts'
import { parseEnvironment, splitList } from './environment-parser.ts'
import type { Environment } from './environment-schema.ts'
import { toMailConfig } from './mail-settings.ts'
import { toPasskeyConfig } from './passkeys/settings.ts'

/** The settings of the service, in the units and words of the code that uses them. */
export type Config = ReturnType<typeof toConfig>

const toConfig = (environment: Environment) => ({
  listen: { host: environment.HOST, port: environment.PORT },
  /** The most connections of clients, over all workers. */
  maxConnections: environment.MAX_CONNECTIONS,
  /** The most open streams of changes: of a process, and of a user there. */
  streams: { max: environment.MAX_STREAMS, maxPerUser: environment.MAX_STREAMS_PER_USER },
  /** Processes that serve. */
  workers: environment.WEB_CONCURRENCY,
  /** The proxies whose X-Forwarded-For counts: all, none, or those with an address or in a network of the list. */
  trustedProxies: ['true', 'false'].includes(environment.TRUST_PROXY)
    ? environment.TRUST_PROXY === 'true'
    : splitList(environment.TRUST_PROXY),
  hasRateLimit: environment.RATE_LIMIT === 'on',
  hasDocs: environment.DOCS === 'on',
  cors: {
    /** The origins whose pages may call the service. A first label `*` stands for any. */
    origins: environment.CORS_ORIGIN === '*' ? ('*' as const) : splitList(environment.CORS_ORIGIN)
  },
  /** The value of Strict-Transport-Security; undefined sends none. */
  hsts: environment.HSTS === 'off' ? undefined : environment.HSTS,
  shutdown: { delayMs: environment.SHUTDOWN_DELAY * 1000, timeoutMs: environment.SHUTDOWN_TIMEOUT * 1000 },
  log: { level: environment.LOG_LEVEL },
  /** Where metrics are served; undefined for nowhere. */
  metrics:
    environment.METRICS_PORT === undefined
      ? undefined
      : { host: environment.METRICS_HOST, port: environment.METRICS_PORT },
  database: {
    url: environment.DATABASE_URL,
    /** The most connections to PostgreSQL, over all workers. */
    poolMax: environment.DATABASE_POOL_MAX
  },
  signing: {
    /** The first one signs, all verify; none when no secret is given. */
    secrets: environment.JWT_SECRET === undefined ? [] : splitList(environment.JWT_SECRET),
    /** Paths of PEM files with private keys, which come before the secrets. */
    keyFiles:
      environment.JWT_PRIVATE_KEY_FILE === undefined ? [] : splitList(environment.JWT_PRIVATE_KEY_FILE)
  },
  /** What seals what must be read again. The first one seals, all open; none when no secret is given. */
  sealing: { secrets: environment.SEALING_KEY === undefined ? [] : splitList(environment.SEALING_KEY) },
  accessToken: {
    issuer: environment.JWT_ISSUER,
    audience: environment.JWT_AUDIENCE,
    clientId: environment.JWT_CLIENT_ID,
    /** In seconds, the unit of the claim `exp`. */
    lifetimeSeconds: environment.ACCESS_TOKEN_TTL
  },
  session: {
    /** A session that is not refreshed for so long ends. */
    idleMs: environment.REFRESH_TOKEN_TTL * 1000,
    /** A session ends after so long, however often it is refreshed. */
    lifetimeMs: environment.SESSION_TTL * 1000,
    /** After a refresh, the token before is no sign of theft for so long. */
    raceLeewayMs: environment.REFRESH_RACE_LEEWAY * 1000,
    /** After a refresh, its request may be repeated for so long. */
    retryWindowMs: environment.REFRESH_RETRY_WINDOW * 1000,
    maxPerUser: environment.MAX_SESSIONS,
    /** For so long after an authentication a session may do what could take the account over. */
    reauthenticationMs: environment.REAUTHENTICATION_TTL * 1000
  },
  password: {
    /** In characters. */
    minLength: environment.PASSWORD_MIN_LENGTH,
    hash: { memoryKiB: environment.PASSWORD_HASH_MEMORY, passes: environment.PASSWORD_HASH_TIME }
  },
  /** What a user may have. */
  quota: { todos: environment.MAX_TODOS, bytes: environment.MAX_TODO_BYTES },
  /** Who may make an account. */
  signUp: environment.SIGN_UP,
  /** How mails are sent, and what they say of the service; undefined where none are sent. */
  mail: toMailConfig(environment),
  /** Passkeys; undefined where none are taken. */
  passkeys: toPasskeyConfig(environment),
  /** The name of the application, for people. */
  appName: environment.APP_NAME,
  /** Whether a change of a todo must come with `If-Match`. */
  requiresIfMatch: environment.REQUIRE_IF_MATCH === 'on',
  /** For how long what has ended or was deleted is kept. */
  retention: {
    sessionMs: environment.SESSION_RETENTION * 1000,
    eventMs: environment.EVENT_RETENTION * 1000,
    trashMs: environment.TRASH_RETENTION * 1000,
    changesMs: environment.CHANGE_RETENTION * 1000
  }
})

/** Settings that the service refuses to start with. The message has a line for each fault, fit for a terminal. */
export class ConfigError extends Error {
  readonly faults: readonly string[]

  constructor(...faults: string[]) {
    super(faults.join('\n'))
    this.faults = faults
  }
}

/** What the caller needs of the settings. */
export interface ConfigNeeds {
  /** Whether tokens are signed or verified, so that a key is required. Default: true. */
  readonly keys?: boolean
}

/**
 * Reads the settings.
 * @param environment the variables by name; an empty one counts as absent
 * @param earlierFaults faults that the caller has found already
 * @throws {ConfigError} naming every variable with a wrong value, its fault and what is accepted
 */
export function readConfig(
  environment: NodeJS.ProcessEnv,
  { keys = true }: ConfigNeeds = {},
  earlierFaults: readonly string[] = []
): Config {
  const parsed = parseEnvironment(environment)
  const faults = [...earlierFaults, ...parsed.faults.values(), ...crossCheck(parsed, environment, keys)]
  if (faults.length > 0) throw new ConfigError(...faults)
  return toConfig(parsed.values)
}
