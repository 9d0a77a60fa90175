import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { startPostgres } from './postgres-server.ts'

/*
 * All tests, or those whose paths begin like an argument: on SQLite, and those that have to do with a database on
 * PostgreSQL, too, on the server of TEST_DATABASE_URL or one of its own. The files of a folder share a process, of which
 * as many run at once as there are cores.
 */

/** Seconds that a file may take, on a busy machine. */
const PATIENCE = 300

const TOGETHER = join(import.meta.dirname, 'together.ts')
const DRIZZLE = join(import.meta.dirname, '../src/cli/drizzle-loading.ts')

const parts = process.argv.slice(2)
const { TEST_DATABASE_URL: given, ...environment } = process.env

const files = globSync('test/**/*.test.ts').filter(
  file => parts.length === 0 || parts.some(part => file.startsWith(part))
)

/** Whether a test has a database that is made for it: those that have none are the same on either engine. */
const hasDatabase = (file: string) =>
  /from '[./]+(service|databases|signed-in)\.ts'/.test(readFileSync(file, 'utf8'))

function run(engine: string, files: readonly string[], extra: NodeJS.ProcessEnv) {
  const folders = Object.entries(Object.groupBy(files.toSorted(), file => dirname(file)))
  for (const [folder, files = []] of folders.toSorted(([, a = []], [, b = []]) => b.length - a.length))
    t.spawn(
      process.execPath,
      // The arguments go into the names of the folders that tests make.
      [`--import=${DRIZZLE}`, TOGETHER, engine, folder],
      {
        env: { ...environment, ...extra, FILES: files.join(' '), TAP_TIMEOUT: `${PATIENCE}` },
        timeout: PATIENCE * 1000,
        buffered: true
      },
      `${engine} ${folder}`
    )
}

t.setTimeout(0)
t.jobs = availableParallelism()
const server = given ? { url: given, stop: async () => {} } : await startPostgres()
t.teardown(() => server.stop())
run('PostgreSQL', files.filter(hasDatabase), { TEST_DATABASE_URL: server.url })
run('SQLite', files, {})
