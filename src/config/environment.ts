import { type Config, ConfigError, type ConfigNeeds, readConfig } from './config.ts'
import { readEnvFile } from './env-file.ts'
import { findMisspeltSettings } from './misspelt.ts'

/** Whether the standard variables of OpenTelemetry ask for traces. */
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

/** The optional packages that tracing needs. */
const TRACING_PACKAGES = ['@fastify/otel', '@opentelemetry/sdk-node']

/**
 * Asserts that the packages for tracing are installed, if tracing is configured.
 * @param resolvePackage finds a package, or throws
 * @throws {ConfigError} when a package is not installed
 */
export function assertTracingInstalled(
  environment: NodeJS.ProcessEnv,
  resolvePackage: (name: string) => unknown = import.meta.resolve
): void {
  if (!isTracingConfigured(environment)) return
  for (const name of TRACING_PACKAGES) {
    try {
      resolvePackage(name)
    } catch {
      throw new ConfigError(
        `OTEL_*: tracing is asked for, but the package ${name} is not installed. ` +
          'Install it, as docs/operations.md says, or set OTEL_SDK_DISABLED=true.'
      )
    }
  }
}

/** The file of settings in the working directory. */
export const ENV_FILE = '.env'

/**
 * Reads the settings of this process: from its environment, then from `.env` in the working directory. In `.env`, which is
 * Latchkey's own, a misspelt name is a fault; the environment has variables of other programs, too.
 * @throws {ConfigError} as `readConfig` does, and for lines of `.env` that would be ignored
 */
export function readProcessConfig(needs?: ConfigNeeds): Config {
  const { variables, faults } = readEnvFile(ENV_FILE)
  for (const [name, value] of Object.entries(variables)) process.env[name] ??= value
  const misspelt = findMisspeltSettings(variables).map(fault => `${ENV_FILE}: ${fault}`)
  return readConfig(process.env, needs, [...faults, ...misspelt])
}
