import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, globSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { startPostgres } from './postgres-server.ts'

/*
 * Runs the whole suite on SQLite, then all of it that has to do with a database on PostgreSQL: on the server of TEST_DATABASE_URL, or on one of its own. Each
 * line must be covered by one of the two. Arguments are tap's: `npm test -- test/auth` runs a part.
 */

/** What tap consists of, as its last build made it. */
const TAP = 'node_modules/@tapjs/test/test-built/dist/esm/index.js'

const COVERAGE = '.tap/coverage'
const KEPT = '.tap/coverage-sqlite'

const NO_MINIMUM = ['statements', 'branches', 'functions', 'lines'].map(kind => `--${kind}=0`)
const parts = process.argv.slice(2)
const { TEST_DATABASE_URL: given, ...environment } = process.env

async function tap(args: string[], extra: NodeJS.ProcessEnv = {}): Promise<boolean> {
  const child = spawn('tap', args, { stdio: 'inherit', env: { ...environment, ...extra } })
  const [code] = await once(child, 'exit')
  return code === 0
}

async function suite(engine: string, files: string[], extra: NodeJS.ProcessEnv): Promise<boolean> {
  process.stdout.write(`\n${engine}\n`)
  return tap(['run', '--allow-incomplete-coverage', '--coverage-report=none', ...NO_MINIMUM, ...files], extra)
}

/** Whether a test has a database that is made for it: those that have none are the same on either engine. */
const hasDatabase = (file: string) =>
  /from '[./]+(service|databases|signed-in)\.ts'/.test(readFileSync(file, 'utf8'))

// As installed, tap compiles TypeScript with a compiler of its own; the first run after that leaves it out, by .taprc.
if (readFileSync(TAP, 'utf8').includes('@tapjs/typescript')) await tap(['build'])

const server = given ? { url: given, stop: async () => {} } : await startPostgres()
try {
  const files = parts.length > 0 ? parts : globSync('test/**/*.test.ts')
  const onSqlite = await suite('SQLite', files, {})
  // Each run begins by removing the coverage of the one before.
  rmSync(KEPT, { recursive: true, force: true })
  renameSync(COVERAGE, KEPT)
  const onPostgres = await suite('PostgreSQL', files.filter(hasDatabase), { TEST_DATABASE_URL: server.url })
  cpSync(KEPT, COVERAGE, { recursive: true })
  const isCovered =
    (await tap(['report', '--no-show-full-coverage'])) || parts.some(part => !part.startsWith('-'))
  process.exitCode = onSqlite && onPostgres && isCovered ? 0 : 1
} finally {
  await server.stop()
}
