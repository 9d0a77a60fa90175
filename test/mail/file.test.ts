import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { simpleParser } from 'mailparser'
import t from 'tap'
import { MailError } from '../../src/mail/mail.ts'
import { createFileTransport } from '../../src/mail/transport/file.ts'
import { MESSAGE, SENDER } from './mail-server.ts'

const mode = (path: string) => statSync(path).mode & 0o777

t.test('a message is a file for its owner, and a second one of the same id takes its place', async t => {
  const folder = `${t.testdir()}/a/b`
  const transport = createFileTransport(folder, SENDER)
  await transport.verify()
  const path = await transport.send(MESSAGE)
  t.equal(path, `${folder}/${MESSAGE.id}.eml`)
  t.strictSame([mode(String(path)), mode(folder)], [0o600, 0o700])
  const content = readFileSync(String(path), 'utf8')
  t.match(content, 'https://app.example/reset?token=abc', 'a link can be copied from the file')
  t.match(await simpleParser(content), {
    messageId: `<${MESSAGE.id}@example.org>`,
    to: { text: MESSAGE.to },
    text: MESSAGE.text,
    html: MESSAGE.html
  })

  writeFileSync(`${folder}/${MESSAGE.id}.eml.draft`, 'what a crash has left')
  t.equal(await transport.send({ ...MESSAGE, subject: 'Another one' }), path)
  t.strictSame(readdirSync(folder), [`${MESSAGE.id}.eml`])
  t.match(readFileSync(String(path), 'utf8'), 'Subject: Another one')
  await transport.verify()
  transport.close()
})

t.test('a folder that cannot be written to is said to be so', async t => {
  const folder = t.testdir({ file: '' })
  const inFile = createFileTransport(`${folder}/file`, SENDER)
  await t.rejects(inFile.verify(), new MailError(`${folder}/file is not a folder`, false))
  await t.rejects(inFile.send(MESSAGE), {
    isPermanent: false,
    message: /\.eml cannot be written: .+ \(\w+\)$/
  })
  const refuse = () => {
    throw Object.assign(new Error(), { errno: -13, code: 'EACCES' })
  }
  const refused = createFileTransport(`${folder}/x`, SENDER, refuse)
  await t.rejects(
    refused.verify(),
    new MailError(`${folder} cannot be written to: permission denied (EACCES)`, false)
  )
})
