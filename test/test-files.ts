import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'

/** Seconds that a file may take, on a busy machine. */
const FILE_TIMEOUT = 300

const RUN_FILES = join(import.meta.dirname, 'run-files.ts')
const DRIZZLE = join(import.meta.dirname, '../src/cli/drizzle-loading.ts')

/** The files of all tests, or of those whose paths begin like one of the parts. */
export const findTestFiles = (prefixes: readonly string[]): string[] =>
  globSync('test/**/*.test.ts').filter(
    file => prefixes.length === 0 || prefixes.some(prefix => file.startsWith(prefix))
  )

/** Whether a test has a database that is made for it: those that have none are the same on either engine. */
export const hasDatabase = (file: string): boolean =>
  /from '[./]+(support\/)?(service|databases|signed-in)\.ts'/.test(readFileSync(file, 'utf8'))

/**
 * Runs the files of each folder in a process of theirs.
 * @param engine what the test of a folder is named by
 * @param extraEnvironment says with TEST_DATABASE_URL where to make databases; without it the tests run on SQLite
 */
export function runFiles(
  engine: string,
  files: readonly string[],
  extraEnvironment: NodeJS.ProcessEnv
): void {
  const { TEST_DATABASE_URL: _given, ...environment } = process.env
  const folders = Object.entries(Object.groupBy(files.toSorted(), file => dirname(file)))
  for (const [folder, files = []] of folders.toSorted(([, a = []], [, b = []]) => b.length - a.length))
    t.spawn(
      process.execPath,
      // The arguments go into the names of the folders that tests make.
      [`--import=${DRIZZLE}`, RUN_FILES, engine, folder],
      {
        env: { ...environment, ...extraEnvironment, FILES: files.join(' '), TAP_TIMEOUT: `${FILE_TIMEOUT}` },
        timeout: FILE_TIMEOUT * 1000,
        buffered: true
      },
      `${engine} ${folder}`
    )
}
