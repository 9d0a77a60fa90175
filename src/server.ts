import { availableParallelism } from 'node:os'
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { createWorkerContext } from './cluster/worker-context.ts'
import type { Config } from './config/config.ts'
import { assertTracingInstalled, isTracingConfigured } from './config/environment.ts'
import { findMisspeltSettings } from './config/misspelt.ts'
import type { DatabaseInfo } from './db/engine.ts'
import { describeMailTransport } from './mail/transport.ts'
import { FATAL_EVENTS, handleFatalErrors, onlyOnce } from './process/fatal-errors.ts'
import { toListenError } from './process/listen-errors.ts'
import { closeLog, createLogger, createLoggerOptions, isLogReadable } from './process/logging.ts'
import { createThreadPool } from './process/thread-pool.ts'

/**
 * Runs the service in this process until a signal stops it; with several workers, runs their primary.
 * @param isInteractive whether people read the log, at a terminal
 * @throws {ConfigError | SystemError | DatabaseError} when the service cannot start
 */
export async function serve(config: Config, isInteractive: boolean): Promise<void> {
  const worker = createWorkerContext(config, process.env)
  const delay = config.shutdown.delayMs
  const timeout = delay + config.shutdown.timeoutMs
  if (worker.isAlone && config.workers > 1) {
    const { startPrimary } = await import('./cluster/primary.ts')
    return startPrimary(config, isInteractive, timeout)
  }

  assertTracingInstalled(process.env)
  await createThreadPool(worker.getShare(availableParallelism()), process.env)
  process.env.OTEL_SERVICE_NAME ??= 'latchkey'
  const isTraced = isTracingConfigured(process.env)
  const logger = createLoggerOptions(config, isInteractive, !worker.isAlone)
  const startupLogger = createLogger(logger)
  let app: Awaited<ReturnType<typeof buildApp>> | undefined
  const end = onlyOnce(async (delay: number) => {
    await app?.stop(delay)
    await closeLog(logger)
  })
  handleFatalErrors({
    log: () => app?.log ?? startupLogger,
    isLogReadable: () => isLogReadable(logger),
    end: () => end(0),
    timeout
  })
  app = await buildApp({ config, isTraced, logger, worker })
  const closeOptions = { delay: timeout, logger: app.log, skip: [...worker.ignoredSignals, ...FATAL_EVENTS] }
  const { close } = closeWithGrace(closeOptions, () => end(delay))
  worker.onStop(close)
  const toListenText = (address: string) =>
    `${worker.number === 1 ? 'Latchkey' : `Worker ${worker.number}`} listens on ${address}`
  const isFirst = worker.number === 1
  if (isFirst) for (const name of findMisspeltSettings(process.env)) app.log.warn(name)
  if (isFirst) app.log.info(app.store.databaseInfo, describeDatabase(app.store.databaseInfo))
  const address = await app.listen({ ...config.listen, listenTextResolver: toListenText }).catch(error => {
    throw toListenError(error, config.listen)
  })
  if (config.hasDocs && isFirst) app.log.info(`The docs are at ${address}/docs`)
  if (isFirst) app.log.info(describeMailTransport(config.mail))
  if (isFirst) app.log.info(describeShutdown(timeout))
}

const describeDatabase = ({ database, isNew }: DatabaseInfo) =>
  `The database is ${database}${isNew ? ', newly made' : ''}`

const describeShutdown = (timeoutMs: number) =>
  `It ends on SIGTERM or SIGINT (Ctrl-C), at the latest after ${timeoutMs / 1000} s`
