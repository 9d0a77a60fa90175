import { availableParallelism } from 'node:os'
import t from 'tap'
import { startPostgres } from './support/postgres-server.ts'
import { findTestFiles, hasDatabase, runFiles } from './test-files.ts'

/*
 * All tests, or those whose paths begin like an argument: on SQLite, and those that have to do with a database on
 * PostgreSQL, too, on the server of TEST_DATABASE_URL or one of its own. The files of a folder share a process, of which
 * as many run at once as there are cores.
 */

const files = findTestFiles(process.argv.slice(2))
const { TEST_DATABASE_URL: given } = process.env

t.setTimeout(0)
t.jobs = availableParallelism()
const server = given ? { url: given, stop: async () => {} } : await startPostgres()
t.teardown(() => server.stop())
runFiles('PostgreSQL', files.filter(hasDatabase), { TEST_DATABASE_URL: server.url })
runFiles('SQLite', files, {})
