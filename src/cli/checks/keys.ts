import { statSync } from 'node:fs'
import { describeLostSeeds, describeOldSeeds, findSeedKeys } from '../../auth/factors/seeds.ts'
import { createSealing } from '../../auth/sealing/sealing.ts'
import {
  getSecretFile,
  readSecretFile,
  type SecretKind,
  sealingSecret,
  signingSecret
} from '../../auth/secrets/secret-file.ts'
import { readPrivateKeys } from '../../auth/tokens/private-keys.ts'
import type { Config } from '../../config/config.ts'
import { isPostgres } from '../../config/database-url.ts'
import { readEnvFile } from '../../config/env-file.ts'
import { ENV_FILE } from '../../config/environment.ts'
import type { SettingName } from '../../config/environment-schema.ts'
import type { Inspection } from '../../db/inspection.ts'
import { pathExists } from '../../process/private-files.ts'
import { isReadableByOthers } from './file-modes.ts'
import { type Finding, fault, ok, warning } from './findings.ts'

/** The least entropy of a secret, in bits. (RFC 7518, section 3.2, asks for 256 bits of length.) */
const MIN_SECRET_BITS = 128

/**
 * Checks the signing keys: whether a secret can be guessed, and whether other users can read a file.
 * @param envFile the file of settings, which may hold secrets
 */
export function checkKeys(config: Config, envFile = ENV_FILE): Finding {
  const { keyFiles, secrets: configured } = config.signing
  const keys = readPrivateKeys(keyFiles)
  const { secrets, files } = readSecrets(signingSecret, config, configured)
  const problem = findProblem(secrets, [...keyFiles, ...files, ...findEnvFile(envFile, 'JWT_SECRET')])
  if (problem) return problem
  if (keys.length + secrets.length === 0) return ok('a secret will be created at the first start')
  return ok(`${keys.length} private, ${secrets.length} secret`)
}

/**
 * Checks the sealing keys in the same way, and whether they open what the database has.
 * @param envFile the file of settings, which may hold secrets
 */
export function checkSealing(config: Config, inspection?: Inspection, envFile = ENV_FILE): Finding {
  const { secrets, files } = readSecrets(sealingSecret, config, config.sealing.secrets)
  const problem = findProblem(secrets, [...files, ...findEnvFile(envFile, 'SEALING_KEY')])
  if (problem) return problem
  const seeds = findSeedKeys(inspection?.groups ?? [], createSealing(secrets).keyIds)
  const lost = describeLostSeeds(seeds)
  if (lost !== undefined) return warning(lost)
  const details = [`${secrets.length} secret`, describeOldSeeds(seeds) ?? []].flat()
  if (secrets.length > 0) return ok(details.join('; '))
  return isPostgres(config.database.url)
    ? warning('without SEALING_KEY nobody can set up an authenticator app')
    : ok('a secret will be created at the first start')
}

/** The secrets of a kind, with the file that holds one. */
function readSecrets(kind: SecretKind, config: Config, configured: readonly string[]) {
  const file = getSecretFile(kind, config)
  return file !== undefined && pathExists(file)
    ? { secrets: [...configured, readSecretFile(kind, file)], files: [file] }
    : { secrets: configured, files: [] }
}

function findProblem(secrets: readonly string[], files: readonly string[]): Finding | undefined {
  const weakIndex = secrets.findIndex(
    secret => estimateEntropy(secret) < MIN_SECRET_BITS || PLACEHOLDER_SECRET.test(secret)
  )
  if (weakIndex >= 0)
    return fault(`secret ${weakIndex + 1} can be guessed; latchkey keys generate creates a better one`)
  const readableFile = files.find(isReadableByOthers)
  return readableFile === undefined
    ? undefined
    : warning(`${readableFile} can be read by other users of this machine: chmod 600`)
}

/** Words in secrets that were copied from manuals and examples. */
const PLACEHOLDER_SECRET = /secret|passw|change.?me|example|default/i

/** An upper bound of the entropy of a text, in bits, from the frequencies of its characters. */
function estimateEntropy(text: string): number {
  const counts = [...Map.groupBy(text, character => character).values()]
  return counts.reduce((bits, { length }) => bits - length * Math.log2(length / text.length), 0)
}

/** The file of settings, if it has a secret. A pipe is not read again: it may have no more to give. */
const findEnvFile = (envFile: string, setting: SettingName): string[] =>
  statSync(envFile, { throwIfNoEntry: false })?.isFile() === true && readEnvFile(envFile).variables[setting]
    ? [envFile]
    : []
