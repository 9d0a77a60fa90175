import { existsSync } from 'node:fs'
import { type Config, readConfig } from './config.ts'

/**
 * Whether requests are to be traced: by the standard variables of OpenTelemetry, where somebody has set one that says so.
 */
export function isTracingConfigured(environment: NodeJS.ProcessEnv): boolean {
  const { OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER, OTEL_CONFIG_FILE } = environment
  const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT } = environment
  if (/^true$/i.test(String(OTEL_SDK_DISABLED)) || OTEL_TRACES_EXPORTER === 'none') return false
  return Boolean(
    OTEL_TRACES_EXPORTER ||
      OTEL_CONFIG_FILE ||
      OTEL_EXPORTER_OTLP_ENDPOINT ||
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
  )
}

/**
 * The settings of this process: from its environment, and from `.env` in the working directory what that lacks.
 * @throws {ConfigError} as `readConfig` does
 */
export function configOfProcess(): Config {
  if (existsSync('.env')) process.loadEnvFile()
  return readConfig(process.env)
}
