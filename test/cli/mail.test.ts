import { readFileSync } from 'node:fs'
import t from 'tap'
import { checkMail } from '../../src/cli/checks/mail.ts'
import { readConfig } from '../../src/config/config.ts'
import { mailTables } from '../../src/mail/tables.ts'
import { answer, startMailServer } from '../mail/mail-server.ts'
import { HOUR, openOutbox } from '../mail/outbox.ts'
import { createProgram, sharedSettings } from './program.ts'

const SERVER_SETTINGS = { MAIL_FROM: 'no-reply@example.org', PUBLIC_URL: 'https://id.example.org' }

t.test('mail list tells what waits and why; mail retry makes it due', async t => {
  const settings = await sharedSettings(t)
  const { store, clock, write, rows } = await openOutbox(t, { url: settings.DATABASE_URL })
  const { mails } = mailTables(store.kit)
  const latchkey = createProgram(settings, clock)
  t.strictSame(await latchkey('mail', 'list'), { code: 0, stdout: '', stderr: '' })

  for (const name of ['waiting', 'failing', 'given', 'expired']) await write(`${name}@example.org`)
  const before = await rows()
  const [waiting = '', failing = '', given = '', expired = ''] = before.map(({ id }) => id)
  const set = (id: string, fields: Partial<(typeof before)[number]>) => {
    const row = before.find(row => row.id === id)
    if (row) Object.assign(row, fields)
  }
  const later = new Date(clock.now().getTime() + HOUR)
  set(failing, { lastError: '451 later', attempts: 1, dueAt: later })
  set(given, { lastError: '550 no', attempts: 2, dueAt: later, givenUpAt: clock.now() })
  set(expired, { expiresAt: clock.now() })
  await store.db.delete(mails).execute()
  await store.db.insert(mails).values(before).execute()

  t.strictSame((await latchkey('mail', 'list')).stdout.split('\n'), [
    `${waiting}  greeting  waiting@example.org  waiting after 0 attempts`,
    `${failing}  greeting  failing@example.org  failing after 1 attempt: 451 later`,
    `${given}  greeting  given@example.org  given up after 2 attempts: 550 no`,
    `${expired}  greeting  expired@example.org  expired after 0 attempts`,
    ''
  ])
  const [line = ''] = (await latchkey('mail', 'list', '--json')).stdout.split('\n')
  const { data: _, ...shown } = before[0] ?? {}
  t.strictSame(JSON.parse(line), { ...JSON.parse(JSON.stringify(shown)), state: 'waiting' })

  t.match(await latchkey('mail', 'retry', given.toUpperCase()), { code: 0, stdout: `${given}: due now\n` })
  t.match(await latchkey('mail', 'retry', failing, '--json'), { stdout: `{"id":"${failing}"}\n` })
  t.match(
    (await rows()).filter(({ id }) => [failing, given].includes(id)),
    [
      { dueAt: clock.now(), givenUpAt: null },
      { dueAt: clock.now(), givenUpAt: null }
    ]
  )
  t.match(await latchkey('mail', 'retry', expired), { code: 65, stderr: /^The mail has expired: / })
  t.match(await latchkey('mail', 'retry', 'x'), { code: 65, stderr: /^There is no such mail: / })

  const many = Array.from({ length: 501 }, (_, index) => ({ ...before[0], id: `z${index}` }))
  await store.db
    .insert(mails)
    .values(many as typeof before)
    .execute()
  t.equal(new Set((await latchkey('mail', 'list')).stdout.split('\n')).size, 506, '505 lines, none twice')
})

t.test('mail test says what the server answered, or which file was written', async t => {
  const { port, parse } = await startMailServer(t)
  const latchkey = createProgram({
    ...SERVER_SETTINGS,
    MAIL_URL: `smtp://127.0.0.1:${port}`,
    APP_NAME: 'A & B'
  })
  t.strictSame(await latchkey('mail', 'test', 'ada@example.org'), {
    code: 0,
    stdout: '250 queued\n',
    stderr: ''
  })
  t.match(await parse(), [
    {
      to: { text: 'ada@example.org' },
      subject: 'A & B: a test message',
      text: 'This is a test message of A & B. Mails reach you.\n',
      html: '<p>This is a test message of A &amp; B. Mails reach you.</p>'
    }
  ])

  const { stdout } = await createProgram({ MAIL_URL: `file:${t.testdir()}` })(
    'mail',
    'test',
    'ada@example.org'
  )
  t.match(readFileSync(stdout.trim(), 'utf8'), 'Subject: Latchkey: a test message')
})

t.test('mail test tells in a line what is wrong', async t => {
  const refusing = await startMailServer(t, {
    onRcptTo: (_address, _session, callback) => callback(answer(550, 'no such user'))
  })
  const cases = [
    [
      { MAIL_URL: 'off' },
      'ada@example.org',
      78,
      /^MAIL_URL: this sends a mail, and none is sent, because it is off or not set\. Give smtp:.+ or file:FOLDER\.\n$/
    ],
    [{ MAIL_URL: 'file:x' }, 'ada', 64, /^"ada" is no e-mail address\.\n$/],
    [{ MAIL_URL: 'file:x' }, 'Ada <ada@example.org>', 64, /is no e-mail address/],
    [
      { ...SERVER_SETTINGS, MAIL_URL: `smtp://127.0.0.1:${refusing.port}` },
      'ada@example.org',
      69,
      /^127\.0\.0\.1:\d+ refused the message: 550 no such user\.\n$/
    ]
  ] as const
  for (const [settings, address, code, stderr] of cases)
    t.match(await createProgram(settings)('mail', 'test', address), { code, stdout: '', stderr })
})

t.test('the doctor connects, and warns of links that others may read', async t => {
  const { port } = await startMailServer(t)
  const check = (settings: NodeJS.ProcessEnv) => checkMail(readConfig(settings))
  const url = `smtp://127.0.0.1:${port}`
  t.strictSame(await check({ MAIL_URL: 'off' }), {
    status: 'ok',
    detail: 'no mail is sent: MAIL_URL is off or not set'
  })
  t.strictSame(await check({}), { status: 'ok', detail: 'mails are written to ./data/mail' })
  t.strictSame(await check({ ...SERVER_SETTINGS, MAIL_URL: url }), {
    status: 'ok',
    detail: 'the mail server takes mails'
  })
  t.strictSame(await check({ ...SERVER_SETTINGS, MAIL_URL: url, PUBLIC_URL: 'http://id.example.org' }), {
    status: 'warning',
    detail:
      'links in mails lead to http://id.example.org/account/reset-password?token={token}, without TLS: others may read what they carry'
  })
  await t.rejects(check({ ...SERVER_SETTINGS, MAIL_URL: 'smtp://u:secret@127.0.0.1:1' }), {
    message: /^no connection to 127\.0\.0\.1:1 /
  })
})
