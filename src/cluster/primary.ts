import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import closeWithGrace from 'close-with-grace'
import type { BaseLogger } from 'pino'
import type { Config } from '../config/config.ts'
import { FATAL_EVENTS, handleFatalErrors, onlyOnce } from '../process/fatal-errors.ts'
import { closeLog, createLogger, createLoggerOptions, isLogReadable } from '../process/logging.ts'
import { type MetricsAddress, serveMetrics } from '../process/metrics-server.ts'
import { createLocalCounter, serveCounter } from './shared-counters.ts'
import { STOP_MESSAGE, WORKER_NUMBER_VARIABLE } from './worker-context.ts'
import { createWriteLockQueue } from './write-lock.ts'

/** Milliseconds for workers to say that they could not end in time. */
const EXIT_MARGIN = 1000

/**
 * Makes this process the one that starts the workers, puts another one in the place of any that dies, and ends them. It
 * listens on their port and hands the connections out to them in turn; what they send and answer is not its business.
 */
export async function startPrimary(config: Config, isInteractive: boolean, timeout: number): Promise<void> {
  const loggerOptions = createLoggerOptions(config, isInteractive, true)
  const log = createLogger(loggerOptions)
  if (config.metrics) await serveAggregatedMetrics(config.metrics, log)

  const { join, leave } = createWriteLockQueue()
  const counter = createLocalCounter()
  const listeningWorkers = new Set<Worker>()
  let failureCode = 0
  let isEnding = false

  const end = onlyOnce(async () => {
    isEnding = true
    const codes = await Promise.all(getLiveWorkers().map(stopWorker))
    await closeLog(loggerOptions)
    const exitCode = [failureCode, ...codes].find(code => code > 0)
    if (exitCode) process.exit(exitCode)
  })
  handleFatalErrors({
    log: () => log,
    isLogReadable: () => isLogReadable(loggerOptions),
    end,
    timeout: timeout + EXIT_MARGIN
  })
  const { close } = closeWithGrace(
    { delay: timeout + EXIT_MARGIN, logger: log, skip: [...FATAL_EVENTS] },
    end
  )
  // Whatever ends this process, none is left behind.
  process.once('exit', () => {
    for (const worker of getLiveWorkers()) worker.process.kill('SIGKILL')
  })

  function forkWorker(number: number): Worker {
    const worker = cluster.fork({ [WORKER_NUMBER_VARIABLE]: `${number}` })
    join(worker)
    serveCounter(worker, counter)
    worker.once('listening', () => listeningWorkers.add(worker))
    worker.once('disconnect', () => leave(worker))
    // What can no longer be said to a worker: its end is heard of as well.
    worker.on('error', () => {})
    worker.once('exit', (code: number | null, signal: string | null) => {
      if (isEnding) return
      if (!listeningWorkers.delete(worker)) {
        // It has said why; another one would fare no better.
        failureCode = code ?? 1
        close()
        return
      }
      log.error({ worker: number, code, signal }, 'a worker died; another one takes its place')
      forkWorker(number)
    })
    return worker
  }

  // The first one by itself: it makes what is not there yet, and finds what is wrong, for all of them.
  const first = forkWorker(1)
  await Promise.race([once(first, 'listening'), once(first, 'exit')])
  for (let number = 2; number <= config.workers && !isEnding; number += 1) forkWorker(number)
}

const getLiveWorkers = () =>
  Object.values(cluster.workers as Record<string, Worker>).filter(worker => !worker.isDead())

/** Tells a worker to end. @returns its exit code */
async function stopWorker(worker: Worker): Promise<number> {
  worker.send(STOP_MESSAGE)
  // For one that is too young to hear that; as soon as it does, it ignores this.
  worker.process.kill('SIGTERM')
  const [code, signal] = await once(worker, 'exit')
  return code ?? Number(signal !== 'SIGTERM')
}

/** The sums over all workers, or what else makes sense of a metric. */
async function serveAggregatedMetrics(address: MetricsAddress, log: BaseLogger) {
  const { AggregatorRegistry } = await import('prom-client')
  const registry = new AggregatorRegistry()
  const { contentType } = registry
  await serveMetrics(address, { contentType, read: () => registry.clusterMetrics() }, log)
}
