import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { getTableName } from 'drizzle-orm'
import t from 'tap'
import { postgresKit } from '../src/db/columns.ts'
import { allTables } from '../src/features.ts'

const root = join(import.meta.dirname, '..')
const files = globSync('{src,plugins,routes}/**/*.ts', { cwd: root })

/** What a file imports: its own project's files as paths from the root, packages by their names. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8')
  return Array.from(
    source.matchAll(/^(?:import|export)\b[^'"]*?from '([^']+)'|^import '([^']+)'|import\('([^']+)'\)/gms)
  )
    .map(([, a, b, c]) => `${a ?? b ?? c}`)
    .map(name => (name.startsWith('.') ? join(dirname(file), name) : name))
}

const isFramework = (name: string) => /^(fastify|find-my-way|@fastify\/)/.test(name)
const isDatabase = (name: string) => /^(drizzle-orm|better-sqlite3|pg)(\/|$)/.test(name)
/** What features stand on. */
const isFoundation = (path: string) =>
  /^src\/(config|problems|time|http|process|cluster|db|jobs)\//.test(path)
/** Each may be imported by the next one only. */
const entrances = ['src/app.ts', 'src/server.ts', 'src/cli/commands/serve.ts']

/** Each line of the house: who may not import what. */
const rules: [string, (file: string) => boolean, (imported: string) => boolean][] = [
  [
    'src knows no framework',
    file => file.startsWith('src/') && !['src/app.ts', 'src/server.ts'].includes(file),
    isFramework
  ],
  [
    'src knows neither plugins nor routes',
    file => file.startsWith('src/') && file !== 'src/app.ts',
    name => /^(plugins|routes)\//.test(name)
  ],
  ['routes know no plugins', file => file.startsWith('routes/'), name => name.startsWith('plugins/')],
  [
    'plugins know neither routes nor each other',
    file => file.startsWith('plugins/'),
    name => /^(routes|plugins)\//.test(name)
  ],
  ['routes and plugins know no database', file => !file.startsWith('src/'), isDatabase],
  [
    'the foundation knows nothing above it',
    isFoundation,
    name => name.startsWith('src/') && !isFoundation(name)
  ],
  [
    'of auth, other features know the public module only',
    file => /^src\/(todos|idempotency)\//.test(file),
    name => name.startsWith('src/auth/') && name !== 'src/auth/user.ts'
  ],
  [
    'auth knows no other feature',
    file => file.startsWith('src/auth/'),
    name => /^src\/(todos|idempotency)\//.test(name)
  ],
  [
    'mail knows no other feature',
    file => file.startsWith('src/mail/'),
    name => /^src\/(auth|todos|idempotency)\//.test(name)
  ],
  [
    'better-sqlite3 is known below src/db/sqlite only',
    file => !file.startsWith('src/db/sqlite/'),
    name => /^(better-sqlite3|drizzle-orm\/better-sqlite3)/.test(name)
  ],
  [
    'pg is known below src/db/postgres only',
    file => !file.startsWith('src/db/postgres/'),
    name => name === 'pg'
  ],
  ...entrances.map((entrance, index): (typeof rules)[number] => [
    `${entrance} is imported by the next entrance only`,
    file => file !== (entrances[index + 1] ?? 'src/cli/commands.ts'),
    name => name === entrance
  ]),
  [
    'only the program knows its commands',
    file => !file.startsWith('src/cli/'),
    name => name.startsWith('src/cli/')
  ],
  [
    'the client imports nothing of the service, and no package',
    file => file.startsWith('src/client/'),
    name => !name.startsWith('src/client/')
  ],
  [
    'the service does not import the client',
    file => !file.startsWith('src/client/'),
    name => name.startsWith('src/client/')
  ]
]

t.test('the imports keep to the lines of the house', async t => {
  t.ok(files.length > 30, 'the files are found')
  t.ok(importsOf('src/app.ts').includes('plugins/database.ts'), 'the imports are found')
  for (const [rule, applies, isForbidden] of rules) {
    const breaches = files.filter(applies).flatMap(file =>
      importsOf(file)
        .filter(isForbidden)
        .map(name => `${file} imports ${name}`)
    )
    t.strictSame(breaches, [], rule)
  }
})

/** Names of tables that are words of other things as well: they count in SQL, as members and as strings. */
const COMMON_WORDS = ['users', 'sessions', 'events', 'mails', 'lists']
/** The schema of the environment is one for all: the settings of features are in it. */
const ENVIRONMENT = [
  'src/config/config.ts',
  'src/config/cross-checks.ts',
  'src/config/environment-parser.ts',
  'src/config/environment-schema.ts',
  'src/config/passkeys/origins.ts',
  'src/config/passkeys/settings.ts'
]

t.test('the text of the foundation names no feature', async t => {
  const names = Object.entries(allTables(postgresKit)).flatMap(([name, table]) => [name, getTableName(table)])
  const own = names.filter(name => !COMMON_WORDS.includes(name))
  const common = COMMON_WORDS.join('|')
  const forbidden = new RegExp(
    [
      `\\b(${own.join('|')}|todo|src/(auth|todos|idempotency))\\b`,
      `\\b(from|into|update|join|table) ["\x60]?(${common})\\b`,
      `[.{] ?(${common})\\b|'(${common})'`
    ].join('|'),
    'i'
  )
  for (const file of files.filter(file => isFoundation(file) && !ENVIRONMENT.includes(file)))
    t.equal(forbidden.exec(readFileSync(join(root, file), 'utf8'))?.[0], undefined, file)
  t.match('select max(id) from events', forbidden)
  t.match('{ users }', forbidden)
})

t.test('there are no circles of imports, those of types included', async t => {
  const imports = new Map(files.map(file => [file, importsOf(file)]))
  const done = new Set<string>()
  const circles: string[] = []
  function follow(file: string, path: readonly string[]) {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (path.includes(file) || done.has(file)) return
    for (const name of imports.get(file) ?? []) follow(name, [...path, file])
    done.add(file)
  }
  for (const file of files) follow(file, [])
  t.strictSame(circles, [])
})

t.test('a folder has at most twelve files', async t => {
  const byFolder = Map.groupBy(files, file => dirname(file))
  const tooLarge = [...byFolder].filter(([, { length }]) => length > 12).map(([folder]) => folder)
  t.strictSame(tooLarge, [])
})

t.test('time, randomness and the environment come in from outside', async t => {
  const outside = /Date\.now\(\)|new Date\(\)|Math\.random|process\.env|randomUUID/
  const found = files.filter(file => outside.test(readFileSync(join(root, file), 'utf8')))
  t.strictSame(found.sort(), [
    'src/app.ts',
    'src/cli/main.ts',
    'src/client/platform.ts',
    'src/client/replica/platform.ts',
    'src/config/environment.ts',
    'src/server.ts'
  ])
})
