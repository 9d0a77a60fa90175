import { availableParallelism } from 'node:os'
import t from 'tap'
import { startPostgres } from './support/postgres-server.ts'
import { collectProcessCoverage } from './support/process-coverage.ts'
import { dependsOnEngine, findTestFiles, runBatches, toBatches } from './test-files.ts'

/*
 * All tests, or those whose paths begin like an argument: on SQLite, and those that depend on the engine on PostgreSQL,
 * too, on the server of TEST_DATABASE_URL or one of its own. Files of a folder share a process. There is one process more
 * than there are cores, since some wait.
 */

const files = findTestFiles(process.argv.slice(2))
const { TEST_DATABASE_URL: given } = process.env

t.setTimeout(0)
t.jobs = availableParallelism() + 1
const server = given ? { url: given, stop: async () => {} } : await startPostgres()
t.teardown(() => server.stop())
t.teardown(collectProcessCoverage)
runBatches([
  ...toBatches('PostgreSQL', files.filter(dependsOnEngine), { TEST_DATABASE_URL: server.url }),
  ...toBatches('SQLite', files, {})
])
