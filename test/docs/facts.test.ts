import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { run, start, stop } from '../support/process.ts'
import { type Page, pages, ROOT, readCode, readRows } from './pages.ts'

const readme = pages.filter(({ path }) => path === 'README.md')
const docs = pages.filter(({ path }) => path.startsWith('docs/'))
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

/** What stands in code in the first cells of tables, with the second cell of the row, if a pattern knows it. */
const findRows = (where: readonly Page[], pattern: RegExp): [name: string, second: string][] =>
  where
    .flatMap(readRows)
    .flatMap(([first, second = '']) => readCode(first).map((name): [string, string] => [name, second]))
    .filter(([name]) => pattern.test(name))

/** The rows of settings: whatever else is in their first cells, a table is about something else. */
const findSettings = (where: readonly Page[]): [name: string, second: string][] =>
  where
    .flatMap(readRows)
    .filter(([first = '']) => /^`[A-Z]+(_[A-Z]+)*`$/.test(first))
    .map(([first = '', second = '']) => [first.slice(1, -1), second])

const toNames = (rows: readonly [string, string][]) => rows.map(([name]) => name)

/** The settings with their defaults; a test of the configuration compares them with the schema. */
const settings = new Map(
  Array.from(read('.env.example').matchAll(/^#([A-Z_]+)=(.*)$/gm), ([, name = '', value = '']) => [
    name,
    value
  ])
)

t.test('each setting is in the documentation once, with its default', async t => {
  const rows = findSettings(docs)
  t.strictSame(toNames(rows).sort(), [...settings.keys()].sort())
  const readmeRows = findSettings(readme)
  t.equal(readmeRows.length, 11, 'those that people change are in README, too')
  for (const [name, fallback] of [...rows, ...readmeRows]) {
    const value = settings.get(name)
    t.equal(fallback, value ? `\`${value}\`` : /^(none|made at the first start)$/.exec(fallback)?.[0], name)
  }
})

t.test('each command, and each exit code, is in the documentation once', async t => {
  const { said } = await run(['--help'], t.testdir(), {})
  const [, list = '', codes = ''] = /COMMAND \[options\](.*)`latchkey COMMAND(.*)/s.exec(said) ?? []
  const names = (text: string) =>
    Array.from(text.matchAll(/^ {2}(\S+(?: \S+)*) {2,}/gm), ([, name = '']) => name)
  const commands = toNames(findRows(docs, /^npx latchkey /)).map(usage =>
    usage.replace('npx latchkey ', '').replace(/ (--|[A-Z]).*/, '')
  )
  t.strictSame(commands.sort(), names(list).sort())
  t.strictSame(toNames(findRows(docs, /^\d+$/)), ['0', ...names(codes)])
})

t.test('each route and each limit is in the documentation once', async t => {
  const { child, url } = await start(t, t.testdir(), { RATE_LIMIT: 'on' })
  const get = async (path: string) => (await fetch(`${url}${path}`)).json()
  const { paths } = (await get('/openapi.json')) as { paths: Record<string, object> }
  const { requestsPerMinute, ...others } = (await get('/api/limits')) as Record<string, number | object>
  await stop(child, 'SIGTERM')

  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map(method => `${method.toUpperCase()} ${path}`)
  )
  t.strictSame(readRoutes(pages).sort(), [...operations, 'GET /docs', 'GET /openapi.json'].sort())

  const limits = [
    ...Object.entries(others),
    ...Object.entries(requestsPerMinute as object).map(([name, value]) => [
      `requestsPerMinute.${name}`,
      value
    ])
  ].map(([name, value]): [string, string] => [`${name}`, `\`${value}\``])
  const limitsPage = docs.filter(({ path }) => path === 'docs/limits.md')
  t.strictSame(findRows(limitsPage, /./).sort(), limits.sort())
})

/** `GET` `PATCH /api/auth/me` in a first cell are two routes. */
function readRoutes(where: readonly Page[]): string[] {
  const routes: string[] = []
  for (const [first] of where.flatMap(readRows)) {
    let methods: string[] = []
    for (const [method = '', path] of readCode(first).map(code => code.split(' '))) {
      if (!/^(GET|POST|PUT|PATCH|DELETE)$/.test(method)) break
      methods.push(method)
      if (!path) continue
      routes.push(...methods.map(name => `${name} ${path}`))
      methods = []
    }
  }
  return routes
}

t.test('README is read in five minutes', async t => {
  t.ok(read('README.md').trimEnd().split('\n').length <= 180)
})

t.test('the client is as small as its page says, and has the version of the service', async t => {
  for (const name of ['client:size', 'client:size-replica']) {
    const size = execFileSync('npm', ['run', '--silent', name], { cwd: ROOT, encoding: 'utf8' })
    const [, stated] =
      new RegExp(`size is ([\\d.]+) kB\\s\\(\`npm run ${name}\``).exec(read('docs/client.md')) ?? []
    t.equal((Number(size) / 1000).toFixed(1), stated, name)
  }
  const { version, scripts } = JSON.parse(read('package.json'))
  t.equal(JSON.parse(read('src/client/package.json')).version, version)
  t.match(read('docs/client.md'), `latchkey-client-${version}.tgz`)
  t.match(read('docs/operations.md'), `latchkey-${version}.tgz`)

  const mentioned = pages
    .filter(({ path }) => path !== 'CHANGELOG.md')
    .flatMap(({ text }) => Array.from(text.matchAll(/`npm run ([\w:]+)/g), ([, name = '']) => name))
  t.strictSame(
    mentioned.filter(name => !(name in scripts)),
    [],
    'each script that is mentioned is there'
  )
})
