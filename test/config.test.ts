import { readFileSync } from 'node:fs'
import t from 'tap'
import { ConfigError, Environment, readConfig } from '../src/config.ts'

t.test('without an environment every setting has its default', async t => {
  t.strictSame(readConfig({}), {
    HOST: '127.0.0.1',
    PORT: 3000,
    DATABASE_URL: 'file:./data/latchkey.db',
    DATABASE_POOL_MAX: 10,
    WEB_CONCURRENCY: 1,
    JWT_ISSUER: 'latchkey',
    JWT_AUDIENCE: 'latchkey',
    JWT_CLIENT_ID: 'latchkey',
    ACCESS_TOKEN_TTL: 300,
    REFRESH_TOKEN_TTL: 2_592_000,
    SESSION_TTL: 15_552_000,
    REFRESH_RACE_LEEWAY: 10,
    REFRESH_RETRY_WINDOW: 600,
    MAX_SESSIONS: 50,
    SESSION_RETENTION: 2_592_000,
    EVENT_RETENTION: 7_776_000,
    TRASH_RETENTION: 2_592_000,
    REQUIRE_IF_MATCH: 'off',
    PASSWORD_MIN_LENGTH: 8,
    PASSWORD_HASH_MEMORY: 19_456,
    PASSWORD_HASH_TIME: 2,
    RATE_LIMIT: 'on',
    CORS_ORIGIN: '*',
    TRUST_PROXY: 'false',
    LOG_LEVEL: 'info',
    DOCS: 'on',
    SHUTDOWN_DELAY: 0,
    SHUTDOWN_TIMEOUT: 10,
    METRICS_HOST: '127.0.0.1'
  })
})

t.test('an empty value is none, and what is not ours is left out', async t => {
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
      ...['7', '129'].map(
        value =>
          [
            { PASSWORD_MIN_LENGTH: value },
            `PASSWORD_MIN_LENGTH: "${value}" is not accepted. Give a number of characters, 8 to 128.`
          ] as [NodeJS.ProcessEnv, string]
      ),
      [{ RATE_LIMIT: 'no' }, 'RATE_LIMIT: "no" is not accepted. Give on or off.'],
      [
        { CORS_ORIGIN: 'app.example' },
        'CORS_ORIGIN: "app.example" is not accepted. Give * or origins such as https://app.example, separated by commas.'
      ],
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

t.test('what is accepted', async t => {
  const environments = [
    { TRUST_PROXY: '10.0.0.0/8, ::1/128, 127.0.0.1' },
    { CORS_ORIGIN: 'https://a.example,http://localhost:5173' },
    { JWT_SECRET: `${'x'.repeat(32)}, ${'ü'.repeat(16)}` },
    { JWT_PRIVATE_KEY_FILE: './data/new.pem, /run/secrets/MIGRATED/old.pem' },
    { PORT: '0', DATABASE_URL: ':memory:' },
    { WEB_CONCURRENCY: '64' },
    { DATABASE_URL: 'postgresql://a:b@c/d', JWT_SECRET: 'x'.repeat(32) },
    { DATABASE_URL: 'postgres://c/d', JWT_PRIVATE_KEY_FILE: 'key.pem' }
  ]
  for (const environment of environments)
    t.match(readConfig(environment), { ...environment, PORT: Number, WEB_CONCURRENCY: Number })
})

t.test('README and .env.example name every variable and its default', async t => {
  const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
  const [readme, example] = [read('README.md'), read('.env.example')]
  for (const [name, { default: fallback }] of Object.entries<{ default?: unknown }>(Environment.properties)) {
    t.match(readme, new RegExp(`\`${name}\``), `README: ${name}`)
    const line = fallback === undefined ? `#${name}=` : `#${name}=${fallback}\n`
    t.ok(example.includes(line), `.env.example: ${line.trim()}`)
  }
})
