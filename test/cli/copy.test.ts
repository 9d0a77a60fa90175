import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { createDatabase, query } from '../support/databases.ts'
import { send, start, stop } from '../support/process.ts'
import { PASSWORD } from '../support/service.ts'
import { createProgram } from './program.ts'

const SERVER = process.env.TEST_DATABASE_URL
const skip = !SERVER && 'needs PostgreSQL'
async function copy(...args: string[]) {
  const { code, stdout, stderr } = await createProgram()('copy', ...args)
  return { code, said: stdout + stderr }
}

/** A mail that waits moves along with everything else. */
const WAITING_MAIL = {
  MAIL_URL: 'smtp://127.0.0.1:9',
  MAIL_FROM: 'no-reply@example.org',
  PUBLIC_URL: 'https://id.example'
}
const WITHOUT_MAIL = { MAIL_URL: 'off' }

t.test('a service moves from SQLite to PostgreSQL, and nobody has to sign in again', { skip }, async t => {
  const cwd = t.testdir()
  const before = await start(t, cwd, WAITING_MAIL)
  const account = { username: 'ada', email: 'ada@example.org', password: PASSWORD }
  const { body: pair } = await send(`${before.url}/api/auth/register`, { body: account })
  const token = pair.accessToken
  const body = { title: 'é 🦆', description: null, done: true }
  const { body: todo } = await send(`${before.url}/api/todos`, { token, body })
  const { next } = (await send(`${before.url}/api/changes`, { token })).body
  const { body: gone } = await send(`${before.url}/api/todos`, { token, body })
  const headers = { authorization: `Bearer ${token}` }
  await fetch(`${before.url}/api/todos/${gone.id}?permanent=true`, { method: 'DELETE', headers })
  await stop(before.child, 'SIGTERM')

  const from = `file:${cwd}/data/latchkey.db`
  const to = await createDatabase(SERVER as string, '')
  const moved = await copy('--from', from, '--to', to)
  t.match(moved, {
    code: 0,
    said: /^[01] mails\n1 users\n1 sessions\n1 events\n1 throttles\n1 challenges\n0 formerEmails\n0 totpFactors\n0 recoveryCodes\n0 spentChallenges\n0 passkeys\n0 personalAccessTokens\n1 changeSequences\n1 tombstones\n0 lists\n1 todos\n0 completions\n0 idempotencyKeys\n\nSet JWT_SECRET to .*\/data\/latchkey\.db\.key,\n.*Set SEALING_KEY to .*\/data\/latchkey\.db\.sealing\.key,\n/s
  })

  const JWT_SECRET = readFileSync(`${cwd}/data/latchkey.db.key`, 'utf8').trim()
  const after = await start(t, cwd, { ...WITHOUT_MAIL, DATABASE_URL: to, JWT_SECRET })
  t.strictSame(await send(`${after.url}/api/auth/me`, { token }), { status: 200, body: pair.user })
  t.strictSame((await send(`${after.url}/api/todos`, { token })).body.items, [todo])
  const { body: changed } = await send(`${after.url}/api/changes?since=${next}`, { token })
  t.strictSame(changed.changes, [{ type: 'todo', id: gone.id, deleted: true }], 'sync goes on as well')
  await stop(after.child, 'SIGTERM')

  t.strictSame(await copy('--from', from, '--to', to), {
    code: 69,
    said: 'The target is not empty: it has mails.\n'
  })
})

t.test('all rows are copied or none', { skip }, async t => {
  const cwd = t.testdir()
  const before = await start(t, cwd, WAITING_MAIL)
  const account = { username: 'ada', email: 'ada@example.org', password: PASSWORD }
  await send(`${before.url}/api/auth/register`, { body: account })
  await stop(before.child, 'SIGTERM')

  const to = await createDatabase(SERVER as string, '')
  const elsewhere = await start(t, cwd, { DATABASE_URL: to, JWT_SECRET: 'x'.repeat(32) })
  await stop(elsewhere.child, 'SIGTERM')
  await query(to, "create function nothing() returns trigger language plpgsql as 'begin return null; end'")
  await query(to, 'create trigger lose before insert on sessions for each row execute function nothing()')
  const { code, said } = await copy('--from', `file:${cwd}/data/latchkey.db`, '--to', to)
  t.equal(code, 69)
  t.equal(
    said,
    'mails + users + sessions + events + throttles + challenges + formerEmails + totpFactors + recoveryCodes + spentChallenges + passkeys + personalAccessTokens + changeSequences + tombstones + lists + todos + completions + idempotencyKeys: only 0 of 1 arrived; none is kept\n'
  )
  t.strictSame(await query(to, 'select * from users'), [])
})

t.test('without a source or a target the error names the option', async t => {
  const cases = [
    [[], /^--from: give file:PATH\.\n$/],
    [['--from', ':memory:', '--to', 'postgres://x'], /^--from: give file:PATH\.\n$/],
    [['--from', 'file://host/x.db', '--to', 'postgres://x'], /^--from: give file:PATH\.\n$/],
    [['--from', 'file:x', '--to', 'postgres://x y:z'], /^--to: give postgres:/],
    [['--from', 'file:x'], /^--to: give postgres:/],
    [['--form', 'x'], /^Unknown option '--form'/]
  ] as const
  const check = async ([args, line]: (typeof cases)[number]) => {
    const { code, said } = await copy(...args)
    t.equal(code, 64)
    t.match(said, line)
  }
  await Promise.all(cases.map(check))
})

t.test('a source that is not there is not made', async t => {
  const file = `${t.testdir()}/typo.db`
  t.strictSame(await copy('--from', `file:${file}`, '--to', 'postgres://127.0.0.1:1/x'), {
    code: 69,
    said: `--from: there is no database at ${file}.\n`
  })
  t.notOk(existsSync(file))
})
