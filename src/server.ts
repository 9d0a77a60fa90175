import { availableParallelism } from 'node:os'
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import type { Config } from './config.ts'
import { isTracingConfigured } from './environment.ts'
import { endOf, loggingOf } from './logging.ts'
import { placeOf } from './place.ts'
import { makeThreadPool } from './thread-pool.ts'

/**
 * Makes this process the service, until it is told to stop; with several workers, the one that starts them.
 * @param isWatched whether its log is read by people, rather than programs
 */
export async function serve(config: Config, isWatched: boolean): Promise<void> {
  const place = placeOf(config, process.env)
  const delay = config.SHUTDOWN_DELAY * 1000
  const limit = delay + config.SHUTDOWN_TIMEOUT * 1000
  if (place.isAlone && config.WEB_CONCURRENCY > 1) {
    const { supervise } = await import('./workers.ts')
    return supervise(config, isWatched, limit)
  }

  await makeThreadPool(place.shareOf(availableParallelism()), process.env)
  process.env.OTEL_SERVICE_NAME ??= 'latchkey'
  const isTraced = isTracingConfigured(process.env)
  const logger = loggingOf(config, isWatched, !place.isAlone)
  const app = await buildApp({ config, isTraced, logger, place })
  const { close } = closeWithGrace({ delay: limit, logger: app.log, skip: place.deafTo }, async () => {
    await app.stop(delay)
    await endOf(logger)
  })
  place.onStop(close)
  const listening = (address: string) =>
    `${place.number === 1 ? 'Latchkey' : `Worker ${place.number}`} listens on ${address}`
  const address = await app.listen({ host: config.HOST, port: config.PORT, listenTextResolver: listening })
  if (config.DOCS === 'on' && place.number === 1) app.log.info(`The docs are at ${address}/docs`)
}
