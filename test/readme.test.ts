import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { start, stop, withoutCoverage } from './support/process.ts'

const README = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

/** The shell lines of a section. */
const linesOf = (section: string): string =>
  /```sh\n(.*?)```/s.exec(README.split(`## ${section}\n`)[1] ?? '')?.[1] ?? ''

/** Runs shell lines, as if pasted; gives the lines that they print. */
const paste = (lines: string, cwd: string) =>
  new Promise<string[]>((resolve, reject) =>
    execFile(...withoutCoverage('bash', '-euc', lines), { cwd }, (error, stdout) =>
      error ? reject(error) : resolve(stdout.trim().split('\n'))
    )
  )

t.test('the twelve things that one does with todos are as README shows them', async t => {
  const cwd = t.testdir()
  const { child, url } = await start(t, cwd)
  const [account = ''] = linesOf('A tour').split('# Todos, with the access token.')
  const lines = `${account}${linesOf('Twelve things to do with todos')}`
  const printed = await paste(lines.replaceAll('http://127.0.0.1:3000', url), cwd)
  await stop(child, 'SIGTERM')

  const calendar = printed.indexOf('BEGIN:VCALENDAR\r')
  t.match(printed.slice(calendar, -1).join('\n'), /SUMMARY:Buy milk/)
  const [
    patched,
    refused,
    once,
    again,
    words,
    tags,
    page,
    moved,
    completed,
    trial,
    cleared,
    trash,
    restored,
    imported
  ] = printed.slice(0, calendar).map(line => JSON.parse(line))
  t.match(patched, { title: 'Buy milk', description: 'Oat, not cow', due: null, done: false })
  t.match(refused, { status: 412, current: patched })
  t.strictSame(again, once)
  t.match(words, { items: [{ title: 'Call Zoë' }], nextCursor: null })
  t.strictSame(tags, { items: [], nextCursor: null }, 'it has no due date any more')
  t.match(page, { items: [{ title: 'Buy milk' }], nextCursor: String, total: 2 })
  t.match(moved, { title: 'Buy milk', updatedAt: patched.updatedAt })
  t.match(completed, { results: [{ todos: [{ done: true }] }] })
  t.strictSame(trial, { results: [{ count: 1 }], validateOnly: true })
  t.strictSame(cleared, { results: [{ count: 1 }], validateOnly: false })
  t.match(trash, { items: [{ title: 'Buy milk', done: true }] })
  t.match(restored, { title: 'Buy milk', deletedAt: null })
  t.strictSame(imported, { created: 0, existing: 2 })
  t.match(JSON.parse(printed.at(-1) as string), { titleLength: 500 })
})

t.test('the client does what README shows', async t => {
  const [, example = ''] = /```ts\n(.*?)```/s.exec(README.split('## The client\n')[1] ?? '') ?? []
  const cwd = t.testdir()
  const { child, url } = await start(t, cwd)
  const client = join(import.meta.dirname, '../src/client/index.ts')
  const program = example.replace("'latchkey/client'", `'${client}'`).replace('http://127.0.0.1:3000', url)
  writeFileSync(join(cwd, 'example.ts'), program)
  const printed = await paste(`'${process.execPath}' example.ts`, cwd)
  await stop(child, 'SIGTERM')
  t.strictSame(printed, ['Buy milk', 'Buy milk', 'Signed out.'])
})
