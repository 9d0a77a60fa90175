import { existsSync, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { SEEDS_BY_KEY } from '../../auth/factors/seeds.ts'
import { AUDIT_LOG_TABLE } from '../../auth/tables.ts'
import { getWorkerShare } from '../../cluster/worker-context.ts'
import type { Config } from '../../config/config.ts'
import { isPostgres } from '../../config/database-url.ts'
import { assertTracingInstalled } from '../../config/environment.ts'
import { findMisspeltSettings } from '../../config/misspelt.ts'
import type { Inspection } from '../../db/inspection.ts'
import { inspectPostgres } from '../../db/postgres/inspection.ts'
import { toSqlitePath } from '../../db/sqlite/engine.ts'
import { inspectSqlite } from '../../db/sqlite/inspection.ts'
import { findObstacle } from '../../process/private-files.ts'
import { isReadableByOthers, isWritableByOthers } from './file-modes.ts'
import { type Finding, fault, ok, warning } from './findings.ts'

const MEBIBYTE = 2 ** 20
/** Free bytes on the disk of the database: below the first a warning, below the second a fault. */
const LOW_SPACE = 1024 * MEBIBYTE
const MIN_SPACE = 64 * MEBIBYTE
/** Milliseconds by which two clocks may differ. Lifetimes of tokens are exact to the second. */
const MAX_CLOCK_SKEW = 1000

/** What the checks ask of a database. */
const QUESTIONS = { datedTable: AUDIT_LOG_TABLE, groups: SEEDS_BY_KEY }

/**
 * Finds accepted settings that are risky for a public service, or that have no effect.
 * @param cores the number of processor cores
 * @throws {ConfigError} when tracing is configured but not installed
 */
export function checkSettings(
  config: Config,
  environment: NodeJS.ProcessEnv = {},
  cores: number = config.workers
): Finding {
  assertTracingInstalled(environment)
  const warnings = [...findMisspeltSettings(environment), ...findQuestionableSettings(config, cores)]
  return warnings.length > 0 ? warning(warnings.join('; ')) : ok('accepted')
}

function* findQuestionableSettings(config: Config, cores: number): Generator<string> {
  const { hasRateLimit, trustedProxies, session, workers } = config
  if (!hasRateLimit) yield 'RATE_LIMIT is off: no client is slowed down'
  if (trustedProxies === true)
    yield 'TRUST_PROXY is true: a client that reaches the service directly can claim any address'
  if (session.raceLeewayMs >= session.idleMs)
    yield 'REFRESH_RACE_LEEWAY is not less than REFRESH_TOKEN_TTL: the re-use of a stolen token always counts as a race'
  if (workers > cores) yield `WEB_CONCURRENCY is ${workers}, but there are ${cores} cores`
}

/** Checks the free space on the disk of the database, and the permissions of its files and their folder. */
export function checkDisk({ database: { url } }: Config, readFreeBytes = getFreeBytes): Finding {
  const file = isPostgres(url) ? undefined : toSqlitePath(url)
  if (file === undefined) return ok('no file on this machine')
  const obstacle = findObstacle(file)
  if (obstacle) return fault(obstacle)
  const free = readFreeBytes(findExistingFolder(dirname(resolve(file))))
  const detail = `${Math.floor(free / MEBIBYTE)} MiB free for ${file}`
  if (free < MIN_SPACE) return fault(detail)
  const readableFile = ['', '-wal', '-shm'].map(suffix => `${file}${suffix}`).find(isReadableByOthers)
  if (readableFile) return warning(`${readableFile} can be read by other users of this machine: chmod 600`)
  const folder = dirname(resolve(file))
  if (isWritableByOthers(folder))
    return warning(`${folder} can be written to by other users of this machine: chmod 700`)
  return free < LOW_SPACE ? warning(detail) : ok(detail)
}

function getFreeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

/** The folder itself, or its nearest parent that exists. */
const findExistingFolder = (folder: string): string =>
  existsSync(folder) ? folder : findExistingFolder(dirname(folder))

/** Inspects the database; undefined when there is none yet. */
export async function inspectDatabase({ database: { url } }: Config): Promise<Inspection | undefined> {
  if (isPostgres(url)) return inspectPostgres(url, QUESTIONS)
  const file = toSqlitePath(url)
  return file !== undefined && existsSync(file) ? inspectSqlite(file, QUESTIONS) : undefined
}

/** Checks the connections of an instance against the server's limit, and the version of the schema. */
export function checkDatabase(inspection: Inspection | undefined, config: Config): Finding {
  if (!inspection) return ok('it will be created at the first start')
  const { version, pendingMigrations, connections = Number.POSITIVE_INFINITY } = inspection
  const ownConnections = countConnections(config)
  if (ownConnections > connections)
    return fault(
      `an instance opens up to ${ownConnections} connections, with the one on which each process listens, but ${version} grants ${connections}: lower DATABASE_POOL_MAX or WEB_CONCURRENCY, or raise max_connections of the server`
    )
  if (pendingMigrations > 0)
    return warning(`${version}; ${pendingMigrations} migrations are pending: latchkey migrate`)
  return ok(`${version}, intact, schema up to date`)
}

/** The most connections of an instance to its server: of each process its share of the pool, and one that listens. */
const countConnections = ({ database, workers }: Config): number =>
  workers * (getWorkerShare(database.poolMax, workers) + 1)

/**
 * Checks this machine's clock against the build, the latest event of the database, and the clock of the database server.
 * @param builtAt the time of this version; an earlier clock is wrong
 */
export function checkClock(inspection: Inspection | undefined, now: Date, builtAt: Date): Finding {
  const time = now.toISOString()
  if (now < builtAt) return fault(`it is ${time} here, which is before this version was built`)
  const { latestWrite, clock = now } = inspection ?? {}
  if (latestWrite && latestWrite.getTime() > now.getTime() + MAX_CLOCK_SKEW)
    return fault(`it is ${time} here, but the database has an event of ${latestWrite.toISOString()}`)
  const skew = Math.abs(clock.getTime() - now.getTime())
  if (skew > MAX_CLOCK_SKEW) return warning(`it is ${time} here, and ${clock.toISOString()} at the database`)
  return ok(time)
}
