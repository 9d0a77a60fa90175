import { availableParallelism } from 'node:os'
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import type { Config } from './config.ts'
import type { Opened } from './db/engine.ts'
import { assertTracing, isTracingConfigured } from './environment.ts'
import { ERRORS, haveLastWord, once } from './last-word.ts'
import { toListenError } from './listening.ts'
import { endOf, isHeard, loggerOf, loggingOf } from './logging.ts'
import { misspeltIn } from './misspelt.ts'
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

  assertTracing(process.env)
  await makeThreadPool(place.shareOf(availableParallelism()), process.env)
  process.env.OTEL_SERVICE_NAME ??= 'latchkey'
  const isTraced = isTracingConfigured(process.env)
  const logger = loggingOf(config, isWatched, !place.isAlone)
  const starting = loggerOf(logger)
  let app: Awaited<ReturnType<typeof buildApp>> | undefined
  const end = once(async (delay: number) => {
    await app?.stop(delay)
    await endOf(logger)
  })
  haveLastWord({ log: () => app?.log ?? starting, isHeard: () => isHeard(logger), end: () => end(0), limit })
  app = await buildApp({ config, isTraced, logger, place })
  const grace = { delay: limit, logger: app.log, skip: [...place.deafTo, ...ERRORS] }
  const { close } = closeWithGrace(grace, () => end(delay))
  place.onStop(close)
  const listening = (address: string) =>
    `${place.number === 1 ? 'Latchkey' : `Worker ${place.number}`} listens on ${address}`
  const isFirst = place.number === 1
  if (isFirst) for (const name of misspeltIn(process.env)) app.log.warn(name)
  if (isFirst) app.log.info(app.store.opened, openedText(app.store.opened))
  const at = { host: config.HOST, port: config.PORT }
  const address = await app.listen({ ...at, listenTextResolver: listening }).catch(error => {
    throw toListenError(error, at)
  })
  if (config.DOCS === 'on' && isFirst) app.log.info(`The docs are at ${address}/docs`)
  if (isFirst) app.log.info(endText(config))
}

const openedText = ({ database, isNew }: Opened) =>
  `The database is ${database}${isNew ? ', newly made' : ''}`

const endText = ({ SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT }: Config) =>
  `It ends on SIGTERM or SIGINT (Ctrl-C), at the latest after ${SHUTDOWN_DELAY + SHUTDOWN_TIMEOUT} s`
