import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

t.test('every defence that SECURITY.md names has the tests that it names', async t => {
  const rows = read('SECURITY.md')
    .split('\n')
    .filter(line => /^\| [A-Z]/.test(line))
  t.ok(rows.length > 10)
  for (const row of rows.slice(1)) {
    const [, , , tests = ''] = row.split('|')
    const names = Array.from(tests.matchAll(/`([^`]+)`/g), ([, name = '']) => name)
    t.not(names.length, 0, row)
    for (const name of names)
      t.ok(existsSync(join(root, 'test', name.endsWith('/') ? name : `${name}.test.ts`)), name)
  }
})

t.test('the documents link to files that are there', async t => {
  for (const file of ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'])
    for (const [, target = ''] of read(file).matchAll(/\]\((?!https?:|#)([^)#]+)/g))
      t.ok(existsSync(join(root, target)), `${file}: ${target}`)
})

t.test('the client is as small as README says', async t => {
  const size = Number(
    execFileSync('npm', ['run', '--silent', 'client:size'], { cwd: root, encoding: 'utf8' })
  )
  const [, stated] = /and is ([\d.]+) kB\s\(`npm run client:size`/.exec(read('README.md')) ?? []
  t.equal((size / 1000).toFixed(1), stated)
})
