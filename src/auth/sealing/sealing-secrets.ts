import type { Config } from '../../config/config.ts'
import { isPostgres } from '../../config/database-url.ts'
import { generateSecret, getSecretFile, loadStoredSecret, sealingSecret } from '../secrets/secret-file.ts'

/**
 * The secrets that seal what must be read again: those of `SEALING_KEY`, then the stored secret. They are made and kept as those
 * that sign tokens are, and are others, so that a signing key can be thrown away alone.
 * @param onCreated called with the path of the file when a secret was generated and stored
 * @returns none with PostgreSQL where no `SEALING_KEY` is set: no file there is shared by all instances
 * @throws {ConfigError} when the stored secret is too short
 */
export function loadSealingSecrets(config: Config, onCreated?: (file: string) => void): readonly string[] {
  const configured = config.sealing.secrets
  const file = getSecretFile(sealingSecret, config)
  const isNeeded = configured.length === 0
  if (file) {
    const stored = loadStoredSecret(sealingSecret, file, isNeeded, onCreated)
    return stored === undefined ? configured : [...configured, stored]
  }
  return isNeeded && !isPostgres(config.database.url) ? [generateSecret()] : configured
}
