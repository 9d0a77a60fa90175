import t from 'tap'
import { ConfigError, readConfig } from '../../src/config/config.ts'
import { Environment } from '../../src/config/environment-schema.ts'

const ANDROID = `android:apk-key-hash:${'aB-_'.repeat(10)}abc`
const { properties } = Environment

t.test('passkeys belong to the domain that is given, or to that of the service', async t => {
  const none = { acceptsLocalhost: false, pages: {} }
  const cases: [NodeJS.ProcessEnv, object | undefined][] = [
    [{}, { rpId: 'localhost', origins: [], acceptsLocalhost: true, pages: {} }],
    [{ HOST: '::1' }, { rpId: 'localhost', origins: [], acceptsLocalhost: true, pages: {} }],
    [{ HOST: '0.0.0.0' }, undefined],
    [
      { PUBLIC_URL: 'https://id.example.org/x/' },
      { ...none, rpId: 'id.example.org', origins: ['https://id.example.org'] }
    ],
    [
      { PUBLIC_URL: 'http://localhost:8080' },
      { ...none, rpId: 'localhost', origins: ['http://localhost:8080'] }
    ],
    [{ PUBLIC_URL: 'http://id.example.org' }, undefined],
    [{ PUBLIC_URL: 'https://192.0.2.1' }, undefined],
    [{ PUBLIC_URL: 'https://[2001:db8::1]' }, undefined],
    [
      { PASSKEY_RP_ID: 'example.org', HOST: '0.0.0.0' },
      { ...none, rpId: 'example.org', origins: ['https://example.org'] }
    ],
    [
      { PASSKEY_RP_ID: 'example.org', PUBLIC_URL: 'https://id.example.org' },
      { ...none, rpId: 'example.org', origins: ['https://id.example.org'] }
    ],
    [
      { PASSKEY_RP_ID: 'example.org', PUBLIC_URL: 'https://id.example.com' },
      { ...none, rpId: 'example.org', origins: ['https://example.org'] }
    ],
    [
      {
        PASSKEY_RP_ID: 'example.org',
        PASSKEY_ORIGINS: `https://example.org, https://app.example.org:8443,${ANDROID}`,
        PASSKEY_RELATED_ORIGINS: 'https://example.com',
        PASSKEY_ENROLL_URL: 'https://example.org/enroll',
        PASSKEY_MANAGE_URL: 'https://example.org/passkeys#all'
      },
      {
        rpId: 'example.org',
        origins: ['https://example.org', 'https://app.example.org:8443', ANDROID, 'https://example.com'],
        acceptsLocalhost: false,
        pages: { enroll: 'https://example.org/enroll', manage: 'https://example.org/passkeys#all' }
      }
    ]
  ]
  for (const [environment, expected] of cases)
    t.strictSame(readConfig(environment).passkeys, expected, JSON.stringify(environment))
})

t.test('what does not fit stops the start', async t => {
  const refused = (
    name: 'PASSKEY_RP_ID' | 'PASSKEY_ORIGINS' | 'PASSKEY_RELATED_ORIGINS' | 'PASSKEY_ENROLL_URL',
    value: string
  ) =>
    t.throws(
      () => readConfig({ PASSKEY_RP_ID: 'example.org', [name]: value }),
      new ConfigError(
        `${name}: ${JSON.stringify(value)} is not accepted. Give ${properties[name].description}.`
      )
    )
  for (const value of [
    'https://example.org',
    'example.org:443',
    'Example.org',
    '192.0.2.1',
    '[::1]',
    'a..b',
    '-a.org',
    `${'a'.repeat(64)}.org`
  ])
    refused('PASSKEY_RP_ID', value)
  for (const value of [
    'http://example.org',
    'https://example.org/',
    'https://*.example.org',
    'https://example.org:443',
    'https://EXAMPLE.org',
    'http://localhost:80',
    'http://127.0.0.1:3000',
    'android:apk-key-hash:short',
    'null',
    '*',
    'https://example.org,'
  ])
    refused('PASSKEY_ORIGINS', value)
  refused('PASSKEY_RELATED_ORIGINS', 'http://localhost:5173')
  refused('PASSKEY_ENROLL_URL', 'javascript:alert(1)')

  for (const [origin, rpId] of [
    ['https://evil.example', 'example.org'],
    ['https://notexample.org', 'example.org'],
    ['https://example.org.evil.example', 'example.org'],
    ['https://example.org', 'app.example.org'],
    ['http://localhost:5173', 'example.org']
  ])
    t.throws(
      () => readConfig({ PASSKEY_RP_ID: rpId, PASSKEY_ORIGINS: `https://${rpId},${origin}` }),
      new ConfigError(
        `PASSKEY_ORIGINS: ${origin} does not belong to PASSKEY_RP_ID, ${rpId}: no browser would let its pages use the ` +
          `passkeys. Give origins whose host is ${rpId} or ends with .${rpId}, or give this one as PASSKEY_RELATED_ORIGINS.`
      )
    )
  const needed = new ConfigError(
    `PASSKEY_RP_ID: is needed with PASSKEY_ORIGINS and PASSKEY_RELATED_ORIGINS. Give ${properties.PASSKEY_RP_ID.description}.`
  )
  const HOST = '0.0.0.0'
  t.throws(() => readConfig({ HOST, PASSKEY_ORIGINS: 'https://example.org' }), needed)
  t.throws(() => readConfig({ HOST, PASSKEY_RELATED_ORIGINS: 'https://example.org' }), needed)
})
