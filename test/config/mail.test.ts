import t from 'tap'
import { ConfigError, readConfig } from '../../src/config/config.ts'
import { Environment } from '../../src/config/environment-schema.ts'

const SERVER = {
  MAIL_URL: 'smtp://mail.example',
  MAIL_FROM: 'no-reply@example.org',
  PUBLIC_URL: 'https://id.example.org'
}
const LOCAL_LINKS = {
  resetPassword: 'http://127.0.0.1:3000/account/reset-password?token={token}',
  confirmEmail: 'http://127.0.0.1:3000/account/confirm-email?challengeId={challengeId}',
  revertEmail: 'http://127.0.0.1:3000/account/revert-email?token={token}',
  invitation: undefined
}

t.test('with nothing configured mails are files on this machine, and elsewhere there are none', async t => {
  const local = {
    transport: { kind: 'file', folder: './data/mail' },
    from: 'no-reply@localhost.localdomain',
    links: LOCAL_LINKS
  }
  t.strictSame(readConfig({}).mail, local)
  for (const HOST of ['localhost', '::1', '127.1.2.3'])
    t.match(readConfig({ HOST }).mail, { from: local.from })
  t.equal(readConfig({ HOST: '::1' }).mail?.links.revertEmail.slice(0, 17), 'http://[::1]:3000')
  for (const HOST of ['0.0.0.0', '::', '192.0.2.1', 'id.example.org', '127.0.0.1.example.org'])
    t.equal(readConfig({ HOST }).mail, undefined, HOST)
  t.equal(readConfig({ MAIL_URL: 'off' }).mail, undefined)
  t.match(readConfig({}), { signUp: 'open', appName: 'Latchkey' })
})

t.test('settings of mail that are accepted', async t => {
  for (const MAIL_URL of [
    'smtp://mail.example',
    'smtp://mail.example/',
    'smtps://u:p@mail.example:465',
    'smtp://u%40x:p%2F%25@[2001:db8::1]:2525',
    'smtp://192.0.2.1:25'
  ])
    t.strictSame(readConfig({ ...SERVER, MAIL_URL }).mail?.transport, { kind: 'smtp', url: MAIL_URL })
  for (const [MAIL_URL, folder] of [
    ['file:mails', 'mails'],
    ['file:/srv/mails', '/srv/mails'],
    ['file:///srv/a%20b', '/srv/a b']
  ] as const)
    t.strictSame(readConfig({ MAIL_URL }).mail?.transport, { kind: 'file', folder })
  for (const MAIL_FROM of ['a@b.example', 'Example <a@b.example>', 'Grüße & Co. <a@b.example>'])
    t.equal(readConfig({ ...SERVER, MAIL_FROM }).mail?.from, MAIL_FROM)
  for (const PUBLIC_URL of ['https://id.example.org/', 'https://id.example.org'])
    t.match(readConfig({ ...SERVER, PUBLIC_URL }).mail?.links, {
      resetPassword: 'https://id.example.org/account/reset-password?token={token}'
    })
  t.match(readConfig({ ...SERVER, PUBLIC_URL: 'http://localhost:8080/a/b//' }).mail?.links, {
    confirmEmail: 'http://localhost:8080/a/b/account/confirm-email?challengeId={challengeId}'
  })
  const own = {
    RESET_PASSWORD_URL: 'https://app.example/reset?token={token}',
    CONFIRM_EMAIL_URL: 'https://app.example/confirm/{challengeId}',
    REVERT_EMAIL_URL: 'https://app.example/#/revert/{token}',
    INVITATION_URL: 'https://app.example/join?t={token}&x=1'
  }
  t.strictSame(Object.values(readConfig({ ...SERVER, ...own }).mail?.links ?? {}), Object.values(own))
  for (const SIGN_UP of ['open', 'verified', 'invited', 'closed'] as const)
    t.equal(readConfig({ ...SERVER, SIGN_UP }).signUp, SIGN_UP)
  for (const SIGN_UP of ['open', 'closed'] as const)
    t.equal(readConfig({ SIGN_UP, MAIL_URL: 'off' }).signUp, SIGN_UP)
  t.equal(readConfig({ SIGN_UP: 'verified' }).signUp, 'verified', 'by files, on this machine')
})

t.test('a setting of mail that is wrong is named, and no password shown', async t => {
  const cases: [NodeJS.ProcessEnv, string, string][] = [
    ...[
      ['smtp://', 'smtp://'],
      ['smtp:mail.example', 'smtp:mail.example'],
      ['smtp://u:secret@mail.example/path', 'smtp://***@mail.example/path'],
      ['smtp://u:secret@mail.example?x=1', 'smtp://***@mail.example?x=1'],
      ['smtp://u:sec%ret@mail.example', 'smtp://***@mail.example'],
      ['smtp://u:sec/ret@mail.example', 'smtp://***@mail.example'],
      ['smtp://u:secret', 'smtp://***'],
      ['smtp://:secret@mail.example', 'smtp://***@mail.example'],
      ['smtp://mail.example:0', 'smtp://***'],
      ['smtp://mail.example:99999', 'smtp://***'],
      ['http://mail.example', 'http://mail.example'],
      ['mail.example', 'mail.example'],
      ['file:', 'file:'],
      ['file://host/x', 'file://host/x'],
      ['on', 'on']
    ].map(([MAIL_URL = '', shown = '']): [NodeJS.ProcessEnv, string, string] => [
      { ...SERVER, MAIL_URL },
      'MAIL_URL',
      shown
    ]),
    ...[
      'example.org',
      'a@b@c',
      'Example a@b.example',
      '"Ex, Inc" <a@b.example>',
      'a@b.example, c@d.example'
    ].map((MAIL_FROM): [NodeJS.ProcessEnv, string, string] => [
      { ...SERVER, MAIL_FROM },
      'MAIL_FROM',
      MAIL_FROM
    ]),
    ...[
      ['id.example.org', 'id.example.org'],
      ['ftp://id.example.org', 'ftp://id.example.org'],
      ['https://id.example.org?x', 'https://id.example.org?x'],
      ['https://id.example.org/#x', 'https://id.example.org/#x'],
      ['https://u:p@id.example.org', 'https://***@id.example.org']
    ].map(([PUBLIC_URL = '', shown = '']): [NodeJS.ProcessEnv, string, string] => [
      { ...SERVER, PUBLIC_URL },
      'PUBLIC_URL',
      shown
    ]),
    ...[
      'https://app.example/reset',
      'https://app.example/{challengeId}',
      'https://{token}.example/',
      'app.example/{token}'
    ].map((RESET_PASSWORD_URL): [NodeJS.ProcessEnv, string, string] => [
      { RESET_PASSWORD_URL },
      'RESET_PASSWORD_URL',
      RESET_PASSWORD_URL
    ]),
    [{ CONFIRM_EMAIL_URL: 'https://a.example/{token}' }, 'CONFIRM_EMAIL_URL', 'https://a.example/{token}'],
    [{ SIGN_UP: 'on' }, 'SIGN_UP', 'on'],
    [{ APP_NAME: 'x'.repeat(101) }, 'APP_NAME', 'x'.repeat(101)],
    [{ APP_NAME: 'a\nb' }, 'APP_NAME', 'a\nb']
  ]
  for (const [environment, name, shown] of cases) {
    const { description } = Environment.properties[name as keyof typeof Environment.properties]
    const message = `${name}: ${JSON.stringify(shown)} is not accepted. Give ${description}.`
    t.throws(() => readConfig(environment), new ConfigError(message), message)
  }
})

t.test('settings of mail that lack another one stop the start', async t => {
  const { MAIL_URL, MAIL_FROM, PUBLIC_URL } = SERVER
  const { properties } = Environment
  const needsFrom = `MAIL_FROM: is needed with MAIL_URL. Give ${properties.MAIL_FROM.description}.`
  const needsUrl = `PUBLIC_URL: is needed with MAIL_URL, since links in mails begin with it. Give ${properties.PUBLIC_URL.description}.`
  const needsMail = (signUp: string) =>
    `MAIL_URL: is needed with SIGN_UP=${signUp}, which sends mails. Give smtp://USER:PASSWORD@HOST:PORT, smtps://USER:PASSWORD@HOST:PORT or file:FOLDER.`
  t.throws(() => readConfig({ MAIL_URL }), new ConfigError(needsFrom, needsUrl))
  t.throws(() => readConfig({ MAIL_URL, PUBLIC_URL }), new ConfigError(needsFrom))
  t.throws(() => readConfig({ MAIL_URL, MAIL_FROM }), new ConfigError(needsUrl))
  t.throws(() => readConfig({ MAIL_URL: 'file:x', HOST: '0.0.0.0' }), new ConfigError(needsUrl))
  t.match(readConfig({ MAIL_URL: 'file:x', HOST: '0.0.0.0', PUBLIC_URL }).mail, { links: {} })
  for (const SIGN_UP of ['verified', 'invited']) {
    t.throws(() => readConfig({ SIGN_UP, MAIL_URL: 'off' }), new ConfigError(needsMail(SIGN_UP)))
    t.throws(() => readConfig({ SIGN_UP, HOST: '0.0.0.0' }), new ConfigError(needsMail(SIGN_UP)))
  }
})
