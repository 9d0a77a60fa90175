import t from 'tap'
import { send, start } from '../support/process.ts'

const PASSWORD = 'correct horse battery staple'
const BYTES = 1_048_576

/** A body of about a megabyte: a text again and again between a beginning and an end. */
const filled = (begin: string, part: string, end: string, between = ',') => {
  const count = Math.floor((BYTES - begin.length - end.length) / (part.length + between.length))
  return begin + Array(count).fill(part).join(between) + end
}

const numbered = (begin: string, end: string) =>
  `${begin}${Array.from({ length: 80_000 }, (_, n) => `"m${n}":1`).join(',')}${end}`

t.test('a megabyte of whatever is wrong, ten times at once, ends no process of a small heap', async t => {
  const settings = { DATABASE_URL: ':memory:', JWT_SECRET: 'x'.repeat(32) }
  const { child, url } = await start(t, t.testdir(), settings, false, ['--max-old-space-size=64'])
  const account = { username: 'ada', email: 'ada@example.org', password: PASSWORD }
  const { body: pair } = await send(`${url}/api/auth/register`, { body: account })
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${pair.accessToken}` }
  const create = '{"operations":[{"op":"create","todo":{"title":"'
  const cases = {
    operations: filled('{"operations":[', '{}', ']}'),
    members: numbered('{', '}'),
    'members of an operation': numbered('{"operations":[{"op":"delete",', '}]}'),
    tags: filled(`${create}x","tags":[`, '"x"', ']}}]}'),
    ids: filled('{"operations":[{"op":"delete","ids":[', '1', ']}]}'),
    'lists in lists': `${'['.repeat(500_000)}${']'.repeat(500_000)}`,
    'objects in objects': `${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}`,
    spaces: filled(create, ' ', '"}}]}', ''),
    'a name': filled('{"', 'x', '":1}', ''),
    quotes: filled('{"', '\\"', '":1}', '')
  }
  for (const [name, body] of Object.entries(cases)) {
    const post = async () => {
      const response = await fetch(`${url}/api/todos/batch`, { method: 'POST', headers, body })
      const text = await response.text()
      t.ok(text.length < 1000, `${name}: ${text.length} characters`)
      return response.status
    }
    t.strictSame(await Promise.all(Array.from({ length: 10 }, post)), Array(10).fill(400), name)
  }
  t.equal(child.exitCode, null)
})
