import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'

/** Seconds that a file may take, on a busy machine. */
const FILE_TIMEOUT = Number(process.env.FILE_TIMEOUT ?? 300)
/** Files that share a process: loading the service takes a second, and the last process is waited for. */
const MAX_FILES = 14

/** Folders by how long their files take, the longest first: so all cores end at about the same time. */
const SLOWEST_FIRST = ['test/cluster', 'test/process', 'test/http', 'test/client', 'test/auth', 'test/todos']

/** Tests with a database that are about what happens before or after it: one engine is enough for them. */
const ON_ANY_ENGINE = new Set([
  'test/auth/email-addresses.test.ts',
  'test/auth/forgeries.test.ts',
  'test/auth/jwks.test.ts',
  'test/auth/password-policy.test.ts',
  'test/auth/rotation.test.ts',
  'test/auth/strict-verifier.test.ts',
  'test/client/answers.test.ts',
  'test/client/changes/cut-streams.test.ts',
  'test/client/later-storage.test.ts',
  'test/client/lock.test.ts',
  'test/client/replica/agreement.test.ts',
  'test/client/replica/fulfilment.test.ts',
  'test/client/requests.test.ts',
  'test/client/simulation/standstill.test.ts',
  'test/client/storage.test.ts',
  'test/client/tokens.test.ts',
  'test/db/sqlite-reader.test.ts',
  'test/http/addresses.test.ts',
  'test/ops/connections.test.ts',
  'test/ops/request-log.test.ts',
  'test/http/openapi.test.ts',
  'test/http/pages.test.ts',
  'test/ops/request-id.test.ts',
  'test/http/service.test.ts',
  'test/process/fatal-errors.test.ts',
  'test/process/log-loss.test.ts',
  'test/cluster/shared-counters.test.ts',
  'test/ops/tracing.test.ts',
  'test/cluster/shares.test.ts'
])

const PRELOADS = ['../src/cli/drizzle-loading.ts', 'support/without-async-hooks.ts'].map(
  path => `--import=${join(import.meta.dirname, path)}`
)
const RUN_FILES = join(import.meta.dirname, 'run-files.ts')

/** Test files that share a process. */
export interface Batch {
  /** By which the test is named. */
  readonly engine: string
  readonly folder: string
  readonly files: readonly string[]
  /** Says with TEST_DATABASE_URL where to make databases; without it the tests run on SQLite. */
  readonly environment: NodeJS.ProcessEnv
}

/** The files of all tests, or of those whose paths begin like one of the parts. */
export const findTestFiles = (prefixes: readonly string[]): string[] =>
  globSync('test/**/*.test.ts').filter(
    file => prefixes.length === 0 || prefixes.some(prefix => file.startsWith(prefix))
  )

/** Whether a test is to run on each engine. */
export const dependsOnEngine = (file: string): boolean =>
  !ON_ANY_ENGINE.has(file) &&
  /from '[./]+(\w+\/)?(service|databases|signed-in|in-trees|old-database|guarded-database|instances|processes)\.ts'/.test(
    readFileSync(file, 'utf8')
  )

/** Puts files of one folder together, as many as may share a process. */
export const toBatches = (
  engine: string,
  files: readonly string[],
  environment: NodeJS.ProcessEnv
): Batch[] =>
  Object.entries(Object.groupBy(files.toSorted(), file => dirname(file))).flatMap(([folder, files = []]) => {
    const count = Math.ceil(files.length / MAX_FILES)
    // The files in turn, since neighbours are alike.
    return Array.from({ length: count }, (_, batch) => ({
      engine,
      folder,
      files: files.filter((_, index) => index % count === batch),
      environment
    }))
  })

/** Runs each batch in a process of its own. */
export function runBatches(batches: readonly Batch[]): void {
  const { TEST_DATABASE_URL: _given, ...inherited } = process.env
  const rank = ({ folder }: Batch) => SLOWEST_FIRST.indexOf(folder) + 1 || Number.POSITIVE_INFINITY
  for (const { engine, folder, files, environment } of batches.toSorted((a, b) => rank(a) - rank(b)))
    t.spawn(
      process.execPath,
      // The arguments go into the names of the folders that tests make.
      [...PRELOADS, RUN_FILES, engine, ...files.slice(0, 1)],
      {
        env: { ...inherited, ...environment, FILES: files.join(' '), TAP_TIMEOUT: `${FILE_TIMEOUT}` },
        timeout: FILE_TIMEOUT * 1000,
        buffered: true
      },
      `${engine} ${folder}`
    )
}
