import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { readPrivateKeys } from '../auth/private-keys.ts'
import { keptFile, keptSecret } from '../auth/secrets.ts'
import { type Config, isPostgres, listOf } from '../config.ts'
import type { Inspection } from '../db/inspection.ts'
import { inspectPostgres } from '../db/postgres-inspection.ts'
import { sqliteFile } from '../db/sqlite.ts'
import { inspectSqlite } from '../db/sqlite-inspection.ts'
import { assertTracing } from '../environment.ts'
import { misspeltIn } from '../misspelt.ts'
import { isTaken, obstacleTo } from '../private-files.ts'
import { type Finding, fault, ok, warning } from './findings.ts'

const MEBIBYTE = 2 ** 20
/** Bytes that are to be free where the database lies. */
const LITTLE_SPACE = 1024 * MEBIBYTE
const NO_SPACE = 64 * MEBIBYTE
/** Milliseconds by which the clocks of the machines may differ: tokens live to the second. */
const CLOCK_DIFFERENCE = 1000
/** Bits that an HS256 secret should have (RFC 7518, section 3.2, asks for as many as the hash has). */
const SECRET_BITS = 128

/**
 * Of settings that are accepted, those that a public service should not have, or that do nothing.
 * @param cores how many things this machine does at a time
 * @throws {ConfigError} when the service could not start with them after all
 */
export function checkSettings(
  config: Config,
  environment: NodeJS.ProcessEnv = {},
  cores: number = config.WEB_CONCURRENCY
): Finding {
  assertTracing(environment)
  const doubts = [...misspeltIn(environment), ...doubtsAbout(config, cores)]
  return doubts.length > 0 ? warning(doubts.join('; ')) : ok('accepted')
}

function* doubtsAbout(config: Config, cores: number): Generator<string> {
  const { RATE_LIMIT, TRUST_PROXY, REFRESH_RACE_LEEWAY, REFRESH_TOKEN_TTL, WEB_CONCURRENCY } = config
  if (RATE_LIMIT === 'off') yield 'RATE_LIMIT is off: nobody who sends too much is slowed down'
  if (TRUST_PROXY === 'true')
    yield 'TRUST_PROXY is true: whoever reaches the service directly can claim any address'
  if (REFRESH_RACE_LEEWAY >= REFRESH_TOKEN_TTL)
    yield 'REFRESH_RACE_LEEWAY is not less than REFRESH_TOKEN_TTL: a stolen token is never told from a race'
  if (WEB_CONCURRENCY > cores) yield `WEB_CONCURRENCY is ${WEB_CONCURRENCY}, but there are ${cores} cores`
}

/** The keys that tokens are signed with: whether they can be guessed, or read by others. */
export function checkKeys(config: Config): Finding {
  const { JWT_PRIVATE_KEY_FILE: files, JWT_SECRET } = config
  const keys = files ? readPrivateKeys(files) : []
  const secrets = JWT_SECRET ? listOf(JWT_SECRET) : []
  const kept = keptFile(config)
  const hasKept = kept !== undefined && isTaken(kept)
  if (hasKept) secrets.push(keptSecret(kept))

  const weak = secrets.findIndex(secret => bitsOf(secret) < SECRET_BITS || OF_MANUALS.test(secret))
  if (weak >= 0) return fault(`secret ${weak + 1} can be guessed; latchkey keys generate makes a better one`)
  const open = [...(files ? listOf(files) : []), ...(hasKept ? [kept] : [])].find(isReadableByOthers)
  if (open) return warning(`${open} can be read by other users of this machine: chmod 600`)
  if (keys.length + secrets.length === 0) return ok('a secret will be made at the first start')
  return ok(`${keys.length} private, ${secrets.length} secret`)
}

/** Secrets that stand in manuals and examples. */
const OF_MANUALS = /secret|passw|change.?me|example|default/i

/** At most so many bits does a text have, if each of its characters was drawn as often as it occurs in it. */
function bitsOf(text: string): number {
  const counts = [...Map.groupBy(text, character => character).values()]
  return counts.reduce((bits, { length }) => bits - length * Math.log2(length / text.length), 0)
}

const isReadableByOthers = (file: string) =>
  ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0

/** The disk that the database is on, and whether this user may write to it there. */
export function checkDisk({ DATABASE_URL }: Config, freeIn = bytesFree): Finding {
  const file = isPostgres(DATABASE_URL) ? undefined : sqliteFile(DATABASE_URL)
  if (file === undefined) return ok('nothing is kept on this machine')
  const obstacle = obstacleTo(file)
  if (obstacle) return fault(obstacle)
  const free = freeIn(existing(dirname(resolve(file))))
  const detail = `${Math.floor(free / MEBIBYTE)} MiB are free for ${file}`
  if (free < NO_SPACE) return fault(detail)
  const open = ['', '-wal', '-shm'].map(suffix => `${file}${suffix}`).find(isReadableByOthers)
  if (open) return warning(`${open} can be read by other users of this machine: chmod 600`)
  return free < LITTLE_SPACE ? warning(detail) : ok(detail)
}

function bytesFree(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

/** The nearest folder above that is there. */
const existing = (folder: string): string => (existsSync(folder) ? folder : existing(dirname(folder)))

/** The database, of which there may be none yet. */
export async function inspect({ DATABASE_URL }: Config): Promise<Inspection | undefined> {
  if (isPostgres(DATABASE_URL)) return inspectPostgres(DATABASE_URL)
  const file = sqliteFile(DATABASE_URL)
  return file !== undefined && existsSync(file) ? inspectSqlite(file) : undefined
}

export function checkDatabase(inspection: Inspection | undefined, { DATABASE_POOL_MAX }: Config): Finding {
  if (!inspection) return ok('it will be made at the first start')
  const { version, pending, connections = Number.POSITIVE_INFINITY } = inspection
  if (DATABASE_POOL_MAX > connections)
    return fault(
      `DATABASE_POOL_MAX is ${DATABASE_POOL_MAX}, but ${version} grants ${connections} connections`
    )
  if (pending > 0) return warning(`${version}; ${pending} migrations are pending: latchkey migrate`)
  return ok(`${version}, whole, of the present schema`)
}

/**
 * @param made when this version was made, before which no clock can be
 */
export function checkClock(inspection: Inspection | undefined, now: Date, made: Date): Finding {
  const time = now.toISOString()
  if (now < made) return fault(`it is ${time} here, before this version was made`)
  const { latestEvent, clock = now } = inspection ?? {}
  if (latestEvent && latestEvent.getTime() > now.getTime() + CLOCK_DIFFERENCE)
    return fault(`it is ${time} here, but the database has an event of ${latestEvent.toISOString()}`)
  const difference = Math.abs(clock.getTime() - now.getTime())
  if (difference > CLOCK_DIFFERENCE)
    return warning(`it is ${time} here, and ${clock.toISOString()} at the database`)
  return ok(time)
}
