import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import tls from 'node:tls'
import type { SMTPServerOptions } from 'smtp-server'
import t, { type Test } from 'tap'
import { readConfig } from '../../src/config/config.ts'
import { MailError } from '../../src/mail/mail.ts'
import { createMailTransport, describeMailTransport } from '../../src/mail/transport.ts'
import { answer, CERTIFICATE, MESSAGE, openClient, SENDER, startMailServer } from './mail-server.ts'

/** An address of this machine that is not known as such: to it nothing is sent without TLS. */
const OUTSIDE = '0.0.0.0'

/** Sends a message that must fail, and gives what the error says, without the port. */
async function fail(t: Test, url: string, message = MESSAGE, limits = {}) {
  const client = openClient(t, url, limits)
  const error = await client.send(message).then(
    () => undefined,
    error => error
  )
  t.type(error, MailError)
  const { message: said, isPermanent } = error as MailError
  return { said: said.replaceAll(/:\d{4,5}\b/g, ''), isPermanent }
}

t.test('a message arrives with its id, as text and HTML, and says that nobody wrote it', async t => {
  const { port, received, parse } = await startMailServer(t)
  const client = openClient(t, `smtp://127.0.0.1:${port}`)
  await client.verify()
  t.equal(await client.send({ ...MESSAGE, subject: 'Grüße <&> "Ada"' }), '250 queued')
  t.equal(await client.send(MESSAGE), '250 queued', 'over the same connection')
  const [mail] = await parse()
  t.match(mail, {
    messageId: `<${MESSAGE.id}@example.org>`,
    subject: 'Grüße <&> "Ada"',
    from: { value: [{ name: 'Example', address: 'no-reply@example.org' }] },
    to: { value: [{ name: '', address: MESSAGE.to }] },
    text: MESSAGE.text,
    html: MESSAGE.html
  })
  t.equal(mail?.headers.get('auto-submitted'), 'auto-generated')
  t.notOk(mail?.headers.has('x-mailer'))
  t.strictSame(
    received.map(({ recipients }) => recipients),
    [[MESSAGE.to], [MESSAGE.to]]
  )
})

t.test('nothing in a message becomes a header or another recipient', async t => {
  const { port, received } = await startMailServer(t)
  const url = `smtp://127.0.0.1:${port}`
  const addresses = [
    'a@b.example\r\nBcc: c@d.example',
    'a@b.example\nX: y',
    'a@b.example\0',
    'a@b.example, c@d.example',
    'a@b.example;c@d.example',
    'group:a@b.example',
    '<a@b.example>',
    'a@b.example c@d.example',
    'a@b.example(c@d.example)'
  ]
  for (const to of addresses)
    t.strictSame(await fail(t, url, { ...MESSAGE, to }), {
      said: 'the address is not one address',
      isPermanent: true
    })
  t.strictSame(await fail(t, url, { ...MESSAGE, subject: 'x\r\nBcc: c@d.example' }), {
    said: 'the subject has a control character',
    isPermanent: true
  })
  t.strictSame(received, [])
  const client = openClient(t, url)
  const odd = ["o'hara+x@b.example", '{a}|!#$%&*/=?^_`~@b.example', 'grüße@b.example']
  for (const to of odd) await client.send({ ...MESSAGE, to })
  t.strictSame(
    received.flatMap(({ recipients }) => recipients),
    odd
  )
})

t.test('what a server answers decides whether a message is tried again', async t => {
  const refused = '127.0.0.1 refused the message'
  const cases = [
    ['RCPT', 550, true],
    ['RCPT', 553, true],
    ['RCPT', 451, false],
    ['RCPT', 452, false],
    ['MAIL', 550, true],
    ['MAIL', 450, false],
    // These are about the settings, or the session.
    ['MAIL', 530, false],
    ['MAIL', 538, false],
    ['MAIL', 503, false],
    ['DATA', 554, true],
    ['DATA', 552, true],
    ['DATA', 451, false]
  ] as const
  for (const [command, code, isPermanent] of cases) {
    const error = answer(code, 'go away')
    const { port } = await startMailServer(t, {
      ...(command === 'RCPT' && { onRcptTo: (_address, _session, callback) => callback(error) }),
      ...(command === 'MAIL' && { onMailFrom: (_address, _session, callback) => callback(error) }),
      ...(command === 'DATA' && {
        onData: (stream, _session, callback) => stream.resume().on('end', () => callback(error))
      })
    })
    t.strictSame(
      await fail(t, `smtp://127.0.0.1:${port}`),
      { said: `${refused}: ${code} go away`, isPermanent },
      `${command} ${code}`
    )
  }
})

t.test('an answer is told in one line, without addresses, links and codes', async t => {
  const quoting = answer(
    550,
    `<${MESSAGE.to}> 5.7.1 (https://app.example/reset?token=abc) has 123456, see https://x.example/?why`
  )
  const { port } = await startMailServer(t, { onRcptTo: (_address, _session, callback) => callback(quoting) })
  t.strictSame(await fail(t, `smtp://127.0.0.1:${port}`), {
    said: '127.0.0.1 refused the message: 550 *** 5.7.1 *** has *** see https://x.example/?why',
    isPermanent: true
  })
  const chatty = await startMailServer(t, {
    onRcptTo: (_address, _session, callback) => callback(answer(451, `${'x'.repeat(200)} ${'y'.repeat(200)}`))
  })
  t.equal(
    (await fail(t, `smtp://127.0.0.1:${chatty.port}`)).said.length,
    '127.0.0.1 refused the message: '.length + 300
  )
})

t.test('[OUTBOX] nor with secrets that stand in what is no word of the text', async t => {
  const token = 'lki_eyJpZCI6IjAxOWI3YTNjIn0.c2lnbmF0dXJlLW9mLXRoaXM'
  const link = `https://app.example/reset?token=${token}`
  const message = { ...MESSAGE, text: `Your code is 123456. The invitation is ${token}, or go to ${link}.` }
  const quotations = [
    '<b>123456</b>',
    token,
    `<a href="${link}">`,
    `(${link.replace('=', '=3D')}=)`,
    `Code:${token}`
  ]
  for (const quotation of quotations) {
    const { port } = await startMailServer(t, {
      onData: (stream, _session, callback) =>
        stream.resume().on('end', () => callback(answer(550, `spam: ${quotation}`)))
    })
    const client = openClient(t, `smtp://127.0.0.1:${port}`)
    const { message: said } = await client.send(message).catch(error => error)
    t.match(said, /550 spam: .*\*\*\*/)
    t.notMatch(said, /123456|eyJ|c2ln/, quotation)
  }
})

t.test('a server that hangs, closes or talks nonsense is another try’s, and soon found out', async t => {
  const cases: [RegExp, (socket: Socket) => void][] = [
    [/^127\.0\.0\.1 did not answer in time \(.+\)$/, () => {}],
    [/^no connection to 127\.0\.0\.1 \(.+\)$/, socket => socket.destroy()],
    [
      /^no connection to 127\.0\.0\.1 \(Invalid greeting\): HTTP\/1\.1 400$/,
      socket => socket.end('HTTP/1.1 400\r\n\r\n')
    ],
    [/^no connection to 127\.0\.0\.1 \(Invalid greeting\): 554 no$/, socket => socket.end('554 no\r\n')],
    [/^no connection to 127\.0\.0\.1 \(.+\): 421 busy$/, socket => socket.end('421 busy\r\n')],
    [/^127\.0\.0\.1 did not (answer|take the message) in time/, socket => socket.write('220 hi\r\n')],
    [
      /^127\.0\.0\.1 did not take the message in time$/,
      socket => {
        socket.write('220 hi\r\n')
        const timer = setInterval(() => socket.write('250-one more line\r\n'), 100)
        socket.on('close', () => clearInterval(timer))
      }
    ]
  ]
  for (const [said, serve] of cases) {
    const sockets = new Set<Socket>()
    const server = createServer(socket => {
      sockets.add(socket)
      serve(socket.on('error', () => {}))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`
    const begin = performance.now()
    t.match(await fail(t, url), { said, isPermanent: false })
    await t.rejects(openClient(t, url).verify(), { isPermanent: false, message: /127/ })
    t.ok(performance.now() - begin < 4000)
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  t.match(await fail(t, 'smtp://127.0.0.1:1'), { said: /^no connection to 127\.0\.0\.1:1 \(.*ECONNREFUSED/ })
})

t.test('a message without an address is given up; ports have defaults', async t => {
  const { port } = await startMailServer(t)
  t.strictSame(await fail(t, `smtp://127.0.0.1:${port}`, { ...MESSAGE, to: '' }), {
    said: 'the message cannot be sent by 127.0.0.1 (No recipients defined)',
    isPermanent: true
  })
  for (const [scheme, defaultPort] of [
    ['smtp', 587],
    ['smtps', 465]
  ])
    await t.rejects(openClient(t, `${scheme}://[::1]`).verify(), {
      message: new RegExp(`^no connection to \\[::1\\]:${defaultPort} `)
    })
})

t.test('a server that hangs in the message is given up after the time limit', async t => {
  const { port } = await startMailServer(t, { onData: stream => stream.resume() })
  const hanging = { said: '127.0.0.1 did not answer in time (Timeout)', isPermanent: false }
  t.strictSame(await fail(t, `smtp://127.0.0.1:${port}`), hanging)
  t.strictSame(await fail(t, `smtp://127.0.0.1:${port}`, MESSAGE, { silence: 5000, message: 300 }), {
    said: '127.0.0.1 did not take the message in time',
    isPermanent: false
  })
})

t.test('outside of this machine nothing is sent without TLS and a valid certificate', async t => {
  const without = await startMailServer(t, { disabledCommands: ['STARTTLS'] })
  t.match(await fail(t, `smtp://${OUTSIDE}:${without.port}`), {
    said: /^0\.0\.0\.0 speaks no STARTTLS, without which nothing is sent: 500 /,
    isPermanent: false
  })
  const bad = await startMailServer(t)
  const badSecure = await startMailServer(t, { secure: true })
  for (const url of [`smtp://${OUTSIDE}:${bad.port}`, `smtps://127.0.0.1:${badSecure.port}`])
    t.match(await fail(t, url), {
      said: /^no TLS with [\d.]+, without which nothing is sent \(.*certificate.*\)$/,
      isPermanent: false
    })
  t.match(await fail(t, `smtps://127.0.0.1:${bad.port}`), {
    said: /^no (TLS|connection) with|to 127/,
    isPermanent: false
  })
  t.strictSame([...without.received, ...bad.received, ...badSecure.received], [])
})

t.test('with a valid certificate a message goes over TLS, with user and password', async t => {
  const trusted = tls.getCACertificates('default')
  tls.setDefaultCACertificates([...trusted, CERTIFICATE.cert])
  t.teardown(() => tls.setDefaultCACertificates(trusted))

  const options: SMTPServerOptions = {
    authOptional: false,
    onAuth: ({ username, password }, _session, callback) =>
      username === 'u@x' && password === 'p:/ä%'
        ? callback(null, { user: 'u' })
        : callback(answer(535, 'wrong'))
  }
  const credentials = `${encodeURIComponent('u@x')}:${encodeURIComponent('p:/ä%')}`
  const starttls = await startMailServer(t, options)
  const secure = await startMailServer(t, { ...options, secure: true })
  const urls = [
    `smtp://${credentials}@${OUTSIDE}:${starttls.port}`,
    `smtps://${credentials}@127.0.0.1:${secure.port}/`
  ]
  for (const url of urls) {
    const client = openClient(t, url)
    await client.verify()
    t.equal(await client.send(MESSAGE), '250 queued')
  }
  const wrong = {
    said: '0.0.0.0 refused the user or the password of MAIL_URL: 535 wrong',
    isPermanent: false
  }
  t.strictSame(await fail(t, `smtp://u:secret@${OUTSIDE}:${starttls.port}`), wrong)
  await t.rejects(openClient(t, `smtp://u:secret@${OUTSIDE}:${starttls.port}`).verify(), {
    isPermanent: false,
    message: /refused the user/
  })
})

t.test('settings make a transport', async t => {
  const { port, parse } = await startMailServer(t)
  const links = { resetPassword: '', confirmEmail: '', revertEmail: '', invitation: undefined }
  const transport = createMailTransport({
    transport: { kind: 'smtp', url: `smtp://localhost:${port}` },
    from: 'no-reply@münchen.example',
    links
  })
  t.teardown(transport.close)
  await transport.send(MESSAGE)
  t.match(await parse(), [{ messageId: `<${MESSAGE.id}@xn--mnchen-3ya.example>` }])

  const file = createMailTransport({ transport: { kind: 'file', folder: t.testdir() }, from: SENDER, links })
  t.match(await file.send(MESSAGE), /\.eml$/)
})

t.test('the start says where mails go, and no password', async t => {
  const { mail } = readConfig({
    MAIL_URL: 'smtps://user:secret@mail.example:2465',
    MAIL_FROM: SENDER,
    PUBLIC_URL: 'https://id.example'
  })
  t.equal(describeMailTransport(mail), 'Mails are sent by mail.example:2465')
  t.equal(describeMailTransport(readConfig({}).mail), 'Mails are written to ./data/mail')
  t.equal(
    describeMailTransport(readConfig({ MAIL_URL: 'off' }).mail),
    'No mail is sent: MAIL_URL is off or not set'
  )
})
