import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'

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
  ['todos do not know auth', file => file.startsWith('src/todos/'), name => name.startsWith('src/auth/')],
  ['auth does not know todos', file => file.startsWith('src/auth/'), name => name.startsWith('src/todos/')],
  [
    'a driver is known in the files of its engine',
    file => !/^src\/db\/(sqlite|group-commit)/.test(file),
    name => name === 'better-sqlite3'
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

t.test('time, randomness and the environment come in from outside', async t => {
  const outside = /Date\.now\(\)|new Date\(\)|Math\.random|process\.env|randomUUID/
  const found = files.filter(file => outside.test(readFileSync(join(root, file), 'utf8')))
  t.strictSame(found.sort(), [
    'src/app.ts',
    'src/cli/main.ts',
    'src/client/platform.ts',
    'src/config/environment.ts',
    'src/server.ts'
  ])
})
