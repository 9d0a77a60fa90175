import { type Config, ConfigError, type ConfigNeeds, readConfig } from './config.ts'
import { readEnvFile } from './env-file.ts'
import { findMisspeltSettings } from './misspelt.ts'

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

/** What tracing needs; whoever does not trace need not have it. */
const TRACING_PACKAGES = ['@fastify/otel', '@opentelemetry/sdk-node']

/**
 * Makes sure that requests can be traced, if they are to be.
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

const ENV_FILE = '.env'

/**
 * The settings of this process: from its environment, and from `.env` in the working directory what that lacks. In that
 * file, which is ours, a name that looks like a setting's but is none is a fault; the environment belongs to others, too.
 * @throws {ConfigError} as `readConfig` does, and when something in `.env` would be passed over
 */
export function readProcessConfig(needs?: ConfigNeeds): Config {
  const { variables, faults } = readEnvFile(ENV_FILE)
  for (const [name, value] of Object.entries(variables)) process.env[name] ??= value
  const misspelt = findMisspeltSettings(variables).map(fault => `${ENV_FILE}: ${fault}`)
  return readConfig(process.env, needs, [...faults, ...misspelt])
}
