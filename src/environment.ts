import { existsSync } from 'node:fs'
import { type Config, readConfig } from './config.ts'

/**
 * The settings of this process: from its environment, and from `.env` in the working directory what that lacks.
 * @throws {ConfigError} as `readConfig` does
 */
export function configOfProcess(): Config {
  if (existsSync('.env')) process.loadEnvFile()
  return readConfig(process.env)
}
