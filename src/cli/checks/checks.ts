import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { AUDIT_LOG_TABLE } from '../../auth/tables.ts'
import { readPrivateKeys } from '../../auth/tokens/private-keys.ts'
import { getSecretFile, readSecretFile } from '../../auth/tokens/signing-secrets.ts'
import type { Config } from '../../config/config.ts'
import { isPostgres } from '../../config/database-url.ts'
import { assertTracingInstalled } from '../../config/environment.ts'
import { findMisspeltSettings } from '../../config/misspelt.ts'
import type { Inspection } from '../../db/inspection.ts'
import { inspectPostgres } from '../../db/postgres/inspection.ts'
import { toSqlitePath } from '../../db/sqlite/engine.ts'
import { inspectSqlite } from '../../db/sqlite/inspection.ts'
import { findObstacle, pathExists } from '../../process/private-files.ts'
import { type Finding, fault, ok, warning } from './findings.ts'

const MEBIBYTE = 2 ** 20
/** Bytes that are to be free where the database lies. */
const LOW_SPACE = 1024 * MEBIBYTE
const MIN_SPACE = 64 * MEBIBYTE
/** Milliseconds by which the clocks of the machines may differ: tokens live to the second. */
const MAX_CLOCK_SKEW = 1000
/** Bits that an HS256 secret should have (RFC 7518, section 3.2, asks for as many as the hash has). */
const MIN_SECRET_BITS = 128

/**
 * Of settings that are accepted, those that a public service should not have, or that do nothing.
 * @param cores how many things this machine does at a time
 * @throws {ConfigError} when the service could not start with them after all
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
  if (!hasRateLimit) yield 'RATE_LIMIT is off: nobody who sends too much is slowed down'
  if (trustedProxies === true)
    yield 'TRUST_PROXY is true: whoever reaches the service directly can claim any address'
  if (session.raceLeewayMs >= session.idleMs)
    yield 'REFRESH_RACE_LEEWAY is not less than REFRESH_TOKEN_TTL: a stolen token is never told from a race'
  if (workers > cores) yield `WEB_CONCURRENCY is ${workers}, but there are ${cores} cores`
}

/** The keys that tokens are signed with: whether they can be guessed, or read by others. */
export function checkKeys(config: Config): Finding {
  const { keyFiles } = config.signing
  const keys = readPrivateKeys(keyFiles)
  const secrets = [...config.signing.secrets]
  const storedSecretFile = getSecretFile(config)
  const hasStoredSecret = storedSecretFile !== undefined && pathExists(storedSecretFile)
  if (hasStoredSecret) secrets.push(readSecretFile(storedSecretFile))

  const weakIndex = secrets.findIndex(
    secret => estimateEntropy(secret) < MIN_SECRET_BITS || PLACEHOLDER_SECRET.test(secret)
  )
  if (weakIndex >= 0)
    return fault(`secret ${weakIndex + 1} can be guessed; latchkey keys generate makes a better one`)
  const readableFile = [...keyFiles, ...(hasStoredSecret ? [storedSecretFile] : [])].find(isReadableByOthers)
  if (readableFile) return warning(`${readableFile} can be read by other users of this machine: chmod 600`)
  if (keys.length + secrets.length === 0) return ok('a secret will be made at the first start')
  return ok(`${keys.length} private, ${secrets.length} secret`)
}

/** Secrets that stand in manuals and examples. */
const PLACEHOLDER_SECRET = /secret|passw|change.?me|example|default/i

/** At most so many bits does a text have, if each of its characters was drawn as often as it occurs in it. */
function estimateEntropy(text: string): number {
  const counts = [...Map.groupBy(text, character => character).values()]
  return counts.reduce((bits, { length }) => bits - length * Math.log2(length / text.length), 0)
}

const isReadableByOthers = (file: string) =>
  ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0

/** The disk that the database is on, and whether this user may write to it there. */
export function checkDisk({ database: { url } }: Config, readFreeBytes = getFreeBytes): Finding {
  const file = isPostgres(url) ? undefined : toSqlitePath(url)
  if (file === undefined) return ok('nothing is kept on this machine')
  const obstacle = findObstacle(file)
  if (obstacle) return fault(obstacle)
  const free = readFreeBytes(findExistingFolder(dirname(resolve(file))))
  const detail = `${Math.floor(free / MEBIBYTE)} MiB are free for ${file}`
  if (free < MIN_SPACE) return fault(detail)
  const readableFile = ['', '-wal', '-shm'].map(suffix => `${file}${suffix}`).find(isReadableByOthers)
  if (readableFile) return warning(`${readableFile} can be read by other users of this machine: chmod 600`)
  return free < LOW_SPACE ? warning(detail) : ok(detail)
}

function getFreeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

/** The nearest folder above that is there. */
const findExistingFolder = (folder: string): string =>
  existsSync(folder) ? folder : findExistingFolder(dirname(folder))

/** The database, of which there may be none yet. */
export async function inspectDatabase({ database: { url } }: Config): Promise<Inspection | undefined> {
  if (isPostgres(url)) return inspectPostgres(url, AUDIT_LOG_TABLE)
  const file = toSqlitePath(url)
  return file !== undefined && existsSync(file) ? inspectSqlite(file, AUDIT_LOG_TABLE) : undefined
}

export function checkDatabase(inspection: Inspection | undefined, { database }: Config): Finding {
  if (!inspection) return ok('it will be made at the first start')
  const { version, pendingMigrations, connections = Number.POSITIVE_INFINITY } = inspection
  if (database.poolMax > connections)
    return fault(`DATABASE_POOL_MAX is ${database.poolMax}, but ${version} grants ${connections} connections`)
  if (pendingMigrations > 0)
    return warning(`${version}; ${pendingMigrations} migrations are pending: latchkey migrate`)
  return ok(`${version}, whole, of the present schema`)
}

/**
 * @param builtAt when this version was made, before which no clock can be
 */
export function checkClock(inspection: Inspection | undefined, now: Date, builtAt: Date): Finding {
  const time = now.toISOString()
  if (now < builtAt) return fault(`it is ${time} here, before this version was made`)
  const { latestWrite, clock = now } = inspection ?? {}
  if (latestWrite && latestWrite.getTime() > now.getTime() + MAX_CLOCK_SKEW)
    return fault(`it is ${time} here, but the database has an event of ${latestWrite.toISOString()}`)
  const skew = Math.abs(clock.getTime() - now.getTime())
  if (skew > MAX_CLOCK_SKEW) return warning(`it is ${time} here, and ${clock.toISOString()} at the database`)
  return ok(time)
}
