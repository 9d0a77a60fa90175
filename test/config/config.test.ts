import { readFileSync } from 'node:fs'
import t from 'tap'
import { ConfigError, readConfig } from '../../src/config/config.ts'
import { Environment } from '../../src/config/environment-schema.ts'
import { findMisspeltSettings } from '../../src/config/misspelt.ts'

t.test('without an environment every setting has its default', async t => {
  const DAY_MS = 86_400_000
  t.strictSame(readConfig({}), {
    listen: { host: '127.0.0.1', port: 3000 },
    maxConnections: 10_000,
    streams: { max: 1000, maxPerUser: 5 },
    workers: 1,
    trustedProxies: false,
    hasRateLimit: true,
    hasDocs: true,
    cors: { origins: '*' },
    hsts: 'max-age=31536000',
    shutdown: { delayMs: 0, timeoutMs: 10_000 },
    log: { level: 'info' },
    metrics: undefined,
    database: { url: 'file:./data/latchkey.db', poolMax: 10 },
    sealing: { secrets: [] },
    signing: { secrets: [], keyFiles: [] },
    accessToken: {
      issuer: 'latchkey',
      audience: 'latchkey',
      clientId: 'latchkey',
      lifetimeSeconds: 300
    },
    session: {
      idleMs: 30 * DAY_MS,
      lifetimeMs: 180 * DAY_MS,
      raceLeewayMs: 10_000,
      retryWindowMs: 600_000,
      maxPerUser: 50,
      reauthenticationMs: 600_000
    },
    password: { minLength: 8, hash: { memoryKiB: 19_456, passes: 2 } },
    quota: { todos: 100_000, bytes: 134_217_728 },
    signUp: 'open',
    mail: {
      transport: { kind: 'file', folder: './data/mail' },
      from: 'no-reply@localhost.localdomain',
      links: {
        resetPassword: 'http://127.0.0.1:3000/account/reset-password?token={token}',
        confirmEmail: 'http://127.0.0.1:3000/account/confirm-email?challengeId={challengeId}',
        revertEmail: 'http://127.0.0.1:3000/account/revert-email?token={token}',
        invitation: undefined
      }
    },
    passkeys: { rpId: 'localhost', origins: [], acceptsLocalhost: true, pages: {} },
    appName: 'Latchkey',
    requiresIfMatch: false,
    retention: { sessionMs: 30 * DAY_MS, eventMs: 90 * DAY_MS, trashMs: 30 * DAY_MS, changesMs: 90 * DAY_MS }
  })
})

t.test('an empty variable counts as absent, and unknown variables are left out', async t => {
  t.strictSame(readConfig({ PORT: '', JWT_SECRET: '', PATH: '/bin' }), readConfig({}))
})

t.test(
  '[R8725-3.5] nonsense stops the start with one line: the variable, its fault, what is accepted',
  async t => {
    const cases: [NodeJS.ProcessEnv, string][] = [
      [{ PORT: 'abc' }, 'PORT: "abc" is not accepted. Give a port from 1 to 65535, or 0 for any free one.'],
      [
        { PORT: '65536' },
        'PORT: "65536" is not accepted. Give a port from 1 to 65535, or 0 for any free one.'
      ],
      [
        { JWT_SECRET: '0123456789' },
        'JWT_SECRET: a value of 10 bytes is not accepted. ' +
          'Give one or more secrets of at least 32 bytes each, separated by commas.'
      ],
      [
        { JWT_SECRET: `${'x'.repeat(32)},short` },
        'JWT_SECRET: a value of 38 bytes is not accepted. ' +
          'Give one or more secrets of at least 32 bytes each, separated by commas.'
      ],
      [
        { JWT_PRIVATE_KEY_FILE: '-----BEGIN PRIVATE KEY-----' },
        'JWT_PRIVATE_KEY_FILE: a value of 27 bytes is not accepted. Give one or more PEM files, separated by commas, ' +
          'each with a private key: Ed25519, P-256 or RSA of at least 2048 bits.'
      ],
      [
        { DATABASE_URL: 'mysql://x' },
        'DATABASE_URL: "mysql://x" is not accepted. Give file:PATH, :memory: or postgres://USER:PASSWORD@HOST/NAME.'
      ],
      [
        { DATABASE_URL: 'mysql://root:secret@x' },
        'DATABASE_URL: "mysql://***@x" is not accepted. Give file:PATH, :memory: or postgres://USER:PASSWORD@HOST/NAME.'
      ],
      ...['0', '65', '1.5', 'auto'].map(
        value =>
          [
            { WEB_CONCURRENCY: value },
            `WEB_CONCURRENCY: "${value}" is not accepted. Give a number of processes, 1 to 64.`
          ] as [NodeJS.ProcessEnv, string]
      ),
      [
        { WEB_CONCURRENCY: '2', DATABASE_URL: ':memory:' },
        'WEB_CONCURRENCY: has to be 1 with DATABASE_URL=:memory:, as each process would have a database of its own.'
      ],
      [
        { DATABASE_URL: 'postgres://db/latchkey' },
        'JWT_SECRET: is needed with PostgreSQL, where no file of ours is shared by all instances. ' +
          'Give one or more secrets of at least 32 bytes each, separated by commas.'
      ],
      [{ ACCESS_TOKEN_TTL: '0' }, 'ACCESS_TOKEN_TTL: "0" is not accepted. Give seconds, 1 to 315360000.'],
      ...['0x10', '1e3', ' 5', '5 ', '5.0', '+5', '-5', '5_000', '٥', 'true', '0b11', 'Infinity'].map(
        value =>
          [
            { ACCESS_TOKEN_TTL: value },
            `ACCESS_TOKEN_TTL: "${value}" is not accepted. Give seconds, 1 to 315360000.`
          ] as [NodeJS.ProcessEnv, string]
      ),
      ...['http://x', 'localhost:3000', '', ' ::1', '1.2.3.4/8', 'a b']
        .filter(Boolean)
        .map(
          value =>
            [{ HOST: value }, `HOST: "${value}" is not accepted. Give an address to listen on.`] as [
              NodeJS.ProcessEnv,
              string
            ]
        ),
      ...[
        'file:',
        'file://data/x.db',
        'file:///%00%',
        './x.db',
        'sqlite:x',
        'postgres://',
        'postgres://h:port/x'
      ].map(
        value =>
          [
            { DATABASE_URL: value },
            `DATABASE_URL: "${value === 'postgres://h:port/x' ? 'postgres://***' : value}" is not accepted. ` +
              'Give file:PATH, :memory: or postgres://USER:PASSWORD@HOST/NAME.'
          ] as [NodeJS.ProcessEnv, string]
      ),
      [
        { DATABASE_URL: 'postgres://u:pa#ss@h/d' },
        'DATABASE_URL: "postgres://***@h/d" is not accepted. Give file:PATH, :memory: or postgres://USER:PASSWORD@HOST/NAME.'
      ],
      [
        { DATABASE_URL: 'postgres://u:pa' },
        'DATABASE_URL: "postgres://***" is not accepted. Give file:PATH, :memory: or postgres://USER:PASSWORD@HOST/NAME.'
      ],
      ...[
        ['1000', '1000'],
        ['1001', '1000']
      ].map(
        ([ACCESS_TOKEN_TTL = '', REFRESH_TOKEN_TTL = '']) =>
          [
            { ACCESS_TOKEN_TTL, REFRESH_TOKEN_TTL },
            `ACCESS_TOKEN_TTL: ${ACCESS_TOKEN_TTL} is not less than REFRESH_TOKEN_TTL, ${REFRESH_TOKEN_TTL}: ` +
              'no session could ever be refreshed. Shorten the one or lengthen the other.'
          ] as [NodeJS.ProcessEnv, string]
      ),
      [
        { REFRESH_TOKEN_TTL: '300' },
        'ACCESS_TOKEN_TTL: 300 (the default) is not less than REFRESH_TOKEN_TTL, 300: ' +
          'no session could ever be refreshed. Shorten the one or lengthen the other.'
      ],
      [
        { SESSION_TTL: '86400' },
        'REFRESH_TOKEN_TTL: 2592000 (the default) is more than SESSION_TTL, 86400: ' +
          'every session would end before its refresh token does. Shorten the one or lengthen the other.'
      ],
      ...[
        { METRICS_PORT: '3000' },
        { METRICS_PORT: '3000', HOST: '0.0.0.0' },
        { METRICS_PORT: '3000', METRICS_HOST: '::' }
      ].map(
        environment =>
          [environment, 'METRICS_PORT: 3000 is PORT already. Give another port for metrics.'] as [
            NodeJS.ProcessEnv,
            string
          ]
      ),
      ...['7', '129'].map(
        value =>
          [
            { PASSWORD_MIN_LENGTH: value },
            `PASSWORD_MIN_LENGTH: "${value}" is not accepted. Give a number of characters, 8 to 128.`
          ] as [NodeJS.ProcessEnv, string]
      ),
      [{ RATE_LIMIT: 'no' }, 'RATE_LIMIT: "no" is not accepted. Give on or off.'],
      ...[
        'app.example',
        'https://app.example/',
        'https://app.example/path',
        'HTTPS://app.example',
        'https://App.example',
        'https://app.example:443',
        'https://münchen.example',
        'https://*',
        'https://*.example',
        'https://a.*.example',
        'https://*.*.app.example',
        'https://pr-*.app.example',
        'https://*.1.2.3.4',
        'https://a.example,*',
        'capacitor://*.app.example',
        'capacitor://localhost/',
        'capacitor:',
        'file://',
        'null',
        'https://a.example,,https://b.example'
      ].map(
        value =>
          [
            { CORS_ORIGIN: value },
            `CORS_ORIGIN: "${value}" is not accepted. Give * or origins such as https://app.example, ` +
              'https://*.app.example or capacitor://localhost, separated by commas: in lower case, without a path, ' +
              'a slash at the end or the default port.'
          ] as [NodeJS.ProcessEnv, string]
      ),
      ...['on', '31536000', 'max-age=-1', 'max-age=1; preload; includeSubDomains', 'max-age=1, x'].map(
        value =>
          [
            { HSTS: value },
            `HSTS: "${value}" is not accepted. ` +
              'Give off, or max-age=SECONDS, after which "; includeSubDomains" and "; preload" may follow.'
          ] as [NodeJS.ProcessEnv, string]
      ),
      ...['yes', '2', '10.0.0.0/33', '10.0.0.0/8/8', '::1/x'].map(
        value =>
          [
            { TRUST_PROXY: value },
            `TRUST_PROXY: "${value}" is not accepted. ` +
              'Give false, true, or the addresses or networks of the proxies, separated by commas.'
          ] as [NodeJS.ProcessEnv, string]
      )
    ]
    for (const [environment, message] of cases)
      t.throws(() => readConfig(environment), new ConfigError(message))
  }
)

t.test('all faults are reported at once, a line each; rules about a wrong setting are skipped', async t => {
  const environment = {
    PORT: 'x',
    RATE_LIMIT: 'no',
    ACCESS_TOKEN_TTL: '1e9',
    SESSION_TTL: '5',
    LOG_LEVEL: 'INFO'
  }
  const faults = [
    'PORT: "x" is not accepted. Give a port from 1 to 65535, or 0 for any free one.',
    'ACCESS_TOKEN_TTL: "1e9" is not accepted. Give seconds, 1 to 315360000.',
    'RATE_LIMIT: "no" is not accepted. Give on or off.',
    'LOG_LEVEL: "INFO" is not accepted. Give fatal, error, warn, info, debug, trace or silent.',
    'REFRESH_TOKEN_TTL: 2592000 (the default) is more than SESSION_TTL, 5: ' +
      'every session would end before its refresh token does. Shorten the one or lengthen the other.'
  ]
  t.throws(() => readConfig(environment), new ConfigError(...faults))
  t.throws(() => readConfig({}, {}, ['.env: x']), new ConfigError('.env: x'))
  t.throws(() => readConfig({ PORT: 'x' }, {}, ['.env: x']), { message: `.env: x\n${faults[0]}` })
})

t.test('a command that signs no tokens needs no key', async t => {
  const DATABASE_URL = 'postgres://db/latchkey'
  t.match(readConfig({ DATABASE_URL }, { keys: false }), { database: { url: DATABASE_URL } })
})

t.test('names that look like a setting, and those that do not', async t => {
  const cases = [
    ['ACCES_TOKEN_TTL', 'ACCESS_TOKEN_TTL'],
    ['CORS_ORIGINS', 'CORS_ORIGIN'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['PROT', 'PORT'],
    ['port', 'PORT'],
    ['JWT-SECRET', 'JWT_SECRET']
  ] as const
  for (const [name, meant] of cases)
    t.strictSame(findMisspeltSettings({ [name]: 'x' }), [`${name} is no setting; did you mean ${meant}?`])
  const others = ['HOSTNAME', 'HOME', 'PATH', 'LOGNAME', 'NODE_ENV', 'OTEL_SERVICE_NAME', 'POSTGRES_PASSWORD']
  const ours = Object.keys(Environment.properties)
  for (const name of [...others, ...ours, 'DATABASE_HOST', 'PWD', 'SHELL', 'TERM', 'LANG', 'http_proxy'])
    t.strictSame(findMisspeltSettings({ [name]: 'x' }), [], name)
})

t.test('accepted values become settings', async t => {
  const key = 'x'.repeat(32)
  const session = {
    raceLeewayMs: 10_000,
    retryWindowMs: 600_000,
    maxPerUser: 50,
    reauthenticationMs: 600_000
  }
  const cases: [NodeJS.ProcessEnv, object][] = [
    [
      { HOST: 'localhost', METRICS_PORT: '3000', METRICS_HOST: '127.0.0.2' },
      { listen: { host: 'localhost', port: 3000 }, metrics: { host: '127.0.0.2', port: 3000 } }
    ],
    [{ HOST: 'my_host.example.' }, { listen: { host: 'my_host.example.', port: 3000 } }],
    [{ HOST: 'fe80::1%eth0' }, { listen: { host: 'fe80::1%eth0', port: 3000 } }],
    [
      { ACCESS_TOKEN_TTL: '1', REFRESH_TOKEN_TTL: '2', SESSION_TTL: '2' },
      { accessToken: { lifetimeSeconds: 1 }, session: { ...session, idleMs: 2000, lifetimeMs: 2000 } }
    ],
    [{ DATABASE_URL: 'file:///srv/a%20b.db' }, { database: { url: 'file:///srv/a%20b.db', poolMax: 10 } }],
    [
      { DATABASE_URL: 'postgres://a:b@/d?host=/run/postgresql', JWT_SECRET: key },
      {
        database: { url: 'postgres://a:b@/d?host=/run/postgresql' },
        signing: { secrets: [key], keyFiles: [] }
      }
    ],
    [
      { DATABASE_URL: 'postgres:///d', JWT_SECRET: key, DATABASE_POOL_MAX: '3' },
      { database: { url: 'postgres:///d', poolMax: 3 } }
    ],
    [
      { DATABASE_URL: 'postgresql://a:b@c/d', JWT_SECRET: key },
      { database: { url: 'postgresql://a:b@c/d' } }
    ],
    [
      { DATABASE_URL: 'postgres://c/d', JWT_PRIVATE_KEY_FILE: 'key.pem' },
      { signing: { secrets: [], keyFiles: ['key.pem'] } }
    ],
    [{ JWT_SECRET: `${key}, ${'ü'.repeat(16)}` }, { signing: { secrets: [key, 'ü'.repeat(16)] } }],
    [
      { JWT_PRIVATE_KEY_FILE: './data/new.pem, /run/secrets/MIGRATED/old.pem' },
      { signing: { keyFiles: ['./data/new.pem', '/run/secrets/MIGRATED/old.pem'] } }
    ],
    [{ TRUST_PROXY: 'true' }, { trustedProxies: true }],
    [
      { TRUST_PROXY: '10.0.0.0/8, ::1/128, 127.0.0.1' },
      { trustedProxies: ['10.0.0.0/8', '::1/128', '127.0.0.1'] }
    ],
    ...[
      'https://a.example,http://localhost:5173',
      'capacitor://localhost, ionic://localhost, tauri://localhost, app://obsidian.md, app://.',
      'https://*.app.example, http://*.localhost:5173, https://*.app.example:8443',
      'http://[::1]:3000, http://127.0.0.1:3000, chrome-extension://abcdefgh'
    ].map((value): [NodeJS.ProcessEnv, object] => [
      { CORS_ORIGIN: value },
      { cors: { origins: value.split(/, ?/) } }
    ]),
    [{ HSTS: 'off' }, { hsts: undefined }],
    ...[
      'max-age=0',
      'max-age=63072000; includeSubDomains; preload',
      'max-age=63072000;includeSubDomains'
    ].map((HSTS): [NodeJS.ProcessEnv, object] => [{ HSTS }, { hsts: HSTS }]),
    [
      { PORT: '0', DATABASE_URL: ':memory:' },
      { listen: { host: '127.0.0.1', port: 0 }, database: { url: ':memory:' } }
    ],
    [{ WEB_CONCURRENCY: '64' }, { workers: 64 }],
    [
      { RATE_LIMIT: 'off', DOCS: 'off', REQUIRE_IF_MATCH: 'on' },
      { hasRateLimit: false, hasDocs: false, requiresIfMatch: true }
    ],
    [{ SHUTDOWN_DELAY: '5', SHUTDOWN_TIMEOUT: '20' }, { shutdown: { delayMs: 5000, timeoutMs: 20_000 } }],
    [
      { SESSION_RETENTION: '1', EVENT_RETENTION: '2', TRASH_RETENTION: '3', CHANGE_RETENTION: '4' },
      { retention: { sessionMs: 1000, eventMs: 2000, trashMs: 3000, changesMs: 4000 } }
    ],
    [
      { REFRESH_RACE_LEEWAY: '0', REFRESH_RETRY_WINDOW: '1', MAX_SESSIONS: '2' },
      { session: { raceLeewayMs: 0, retryWindowMs: 1000, maxPerUser: 2 } }
    ]
  ]
  for (const [environment, settings] of cases)
    t.match(readConfig(environment), settings, JSON.stringify(environment))
})

t.test('.env.example names every variable and its default', async t => {
  const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  const example = read('.env.example')
  for (const [name, { default: fallback }] of Object.entries<{ default?: unknown }>(Environment.properties)) {
    const line = fallback === undefined ? `#${name}=` : `#${name}=${fallback}\n`
    t.ok(example.includes(line), `.env.example: ${line.trim()}`)
  }
})
