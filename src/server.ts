import { availableParallelism } from 'node:os'
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import type { Config } from './config.ts'
import { isTracingConfigured } from './environment.ts'
import { endOf, loggingOf } from './logging.ts'

/** Threads for files, names and the like, beside those that hash. */
const SPARE_THREADS = 4

/**
 * Makes this process the service, until it is told to stop.
 * @param isWatched whether its log is read by people, rather than programs
 */
export async function serve(config: Config, isWatched: boolean): Promise<void> {
  // Node makes four threads on any machine, which hashing would keep busy. It reads this when it first needs one.
  process.env.UV_THREADPOOL_SIZE ??= `${availableParallelism() + SPARE_THREADS}`
  process.env.OTEL_SERVICE_NAME ??= 'latchkey'
  const isTraced = isTracingConfigured(process.env)
  const logger = loggingOf(config, isWatched)
  const app = await buildApp({ config, isTraced, logger })
  const delay = config.SHUTDOWN_DELAY * 1000
  const limit = delay + config.SHUTDOWN_TIMEOUT * 1000
  closeWithGrace({ delay: limit, logger: app.log }, async () => {
    await app.stop(delay)
    await endOf(logger)
  })
  const address = await app.listen({ host: config.HOST, port: config.PORT, listenTextResolver: listening })
  if (config.DOCS === 'on') app.log.info(`The docs are at ${address}/docs`)
}

const listening = (address: string) => `Latchkey listens on ${address}`
