import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import * as templates from '../../src/auth/mails/templates.ts'
import { renderAllMails } from './mails.ts'

/** To write the snapshots anew: `WRITE_SNAPSHOTS=1 npx tap run --disable-coverage test/mail/templates.test.ts`. Read the diff. */
const isWriting = process.env.WRITE_SNAPSHOTS !== undefined
const folder = join(import.meta.dirname, 'snapshots')
const mails = Object.entries(renderAllMails())

/** U+2060, which keeps mail programs from making links. */
const JOINER = '\u2060'
/** What the texts say about a link besides the address itself. */
const LINK = 'https://id.example.org/reset?token=abc'

t.test('every mail reads as its snapshot', async t => {
  for (const [name, { subject, text, html }] of mails)
    for (const [file, content] of [
      [`${name}.txt`, `Subject: ${subject}\n\n${text}`],
      [`${name}.html`, html]
    ] as const) {
      if (isWriting) writeFileSync(join(folder, file), content)
      t.equal(content, readFileSync(join(folder, file), 'utf8'), file)
    }
  t.strictSame(
    globSync(`${folder}/*.txt`)
      .map(file => basename(file, '.txt'))
      .sort(),
    mails.map(([name]) => name).sort(),
    'no snapshot is left of a mail that is no more'
  )
  for (const name of Object.keys(templates)) t.ok(name in renderAllMails(), name)
})

t.test('every mail says who sends it, what it is about and what to do if it was not you', async t => {
  for (const [name, { subject, text, html }] of mails) {
    t.match(subject, /Latchkey/, name)
    t.ok(subject.length <= 60, `${name}: the subject is short`)
    t.notMatch(subject, /ada|204816/, `${name}: neither a name nor a code is in the subject`)
    t.match(text, /^Hello,\n\n/, name)
    t.match(text, /IF (IT WAS NOT YOU|YOU DID NOT EXPECT (IT|THIS))\n\n/, name)
    t.match(text, /\n\nLatchkey\n$/, name)
    for (const line of text.split('\n'))
      t.ok(line.length <= 72 || !line.includes(' ') || /[\u2060]/.test(line), line)
    t.match(html, /^<!doctype html>\n<html lang="en"/, name)
    t.ok(html.includes(`<title>${subject}</title>`), name)
    t.notMatch(
      html,
      /<(style|script|img|link|svg|iframe|form)|src=|url\(|class=|undefined|null|\[object/,
      name
    )
  }
})

t.test('a mail leads to the given link only, which stands on a line of its own', async t => {
  for (const [name, { text, html }] of Object.entries(renderAllMails({ link: LINK }))) {
    const links = text.split('\n').filter(line => /https?:|www\./.test(line))
    t.ok(
      links.every(line => line === LINK),
      name
    )
    const addresses = Array.from(html.matchAll(/https?:[^"<\s]*/g), ([address]) => address)
    t.strictSame(new Set(addresses), new Set(links), name)
    t.strictSame(
      Array.from(html.matchAll(/href="([^"]*)"/g), ([, href]) => href).every(href => href === LINK),
      true,
      name
    )
  }
})

t.test('nothing that others choose becomes HTML, a link or a paragraph of ours', async t => {
  const hostile = '<a href="https://evil.example">"&\'</a>'
  const device = `www.evil.example\r\n\r\nCall 555-0100${'x'.repeat(500)}\u202e\ud800`
  const occurrence = { time: new Date(0), ip: '198.51.100.7', device }
  for (const [name, { subject, text, html }] of Object.entries(
    renderAllMails({
      username: hostile,
      newEmail: 'help@evil.example',
      tokenName: `${hostile} www.evil.example\r\n\r\nCall 555-0100`,
      code: '1<2',
      link: 'https://a.example/?a="><b>&b',
      occurrence
    })
  )) {
    t.notMatch(subject, /evil/, name)
    for (const content of [text, html]) {
      t.notMatch(content, /evil\.example|www\.|help@|555-|x{65}|\u202e/, name)
      t.ok(content.isWellFormed(), name)
    }
    t.notMatch(html, /<a href="https:..evil|1<2|"><b>|&b"/, name)
    t.notMatch(text, /\nCall/, name)
    t.ok(
      text.split('\n').every(line => line.length < 800),
      name
    )
  }
  const { text, html } = templates.passwordChanged({ appName: 'A & B', username: 'evil.com', occurrence })
  t.match(text, `User name: evil${JOINER}.${JOINER}com\n`)
  t.match(text, 'When: 1 January 1970, 00:00 UTC\n')
  t.match(html, `User name:</strong> evil${JOINER}.${JOINER}com<br>`)
  t.match(html, '<p>A &amp; B</p>')
})
