import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import closeWithGrace from 'close-with-grace'
import type { BaseLogger } from 'pino'
import type { Config } from '../config/config.ts'
import { FATAL_EVENTS, handleFatalErrors, onlyOnce } from '../process/fatal-errors.ts'
import { closeLog, createLogger, createLoggerOptions, isLogReadable } from '../process/logging.ts'
import { type MetricsAddress, serveMetrics } from '../process/metrics-server.ts'
import { createBroadcastRelay } from './broadcast.ts'
import { createReplacementPolicy } from './replacements.ts'
import { createLocalCounter, serveCounter } from './shared-counters.ts'
import { closeUndeliveredConnections } from './undelivered-connections.ts'
import { STOP_MESSAGE, WORKER_NUMBER_VARIABLE } from './worker-context.ts'
import { createWriteLockQueue } from './write-lock.ts'

/** Milliseconds that the primary waits longer than its workers, so that they can log why they did not end in time. */
const EXIT_MARGIN = 1000

/**
 * Makes this process the primary: it starts the workers, replaces a worker that dies, and stops them. Node's cluster module
 * listens on the port and distributes the connections.
 * @param isInteractive whether people read the log
 * @param timeout milliseconds in which the workers must stop
 */
export async function startPrimary(config: Config, isInteractive: boolean, timeout: number): Promise<void> {
  const loggerOptions = createLoggerOptions(config, isInteractive, true)
  const log = createLogger(loggerOptions)
  if (config.metrics) await serveAggregatedMetrics(config.metrics, log)

  const writeLockQueue = createWriteLockQueue()
  const broadcastRelay = createBroadcastRelay()
  const counter = createLocalCounter()
  const policy = createReplacementPolicy()
  const listeningWorkers = new Set<Worker>()
  const pendingStarts = new Set<NodeJS.Timeout>()
  let failureCode = 0
  let isEnding = false

  const end = onlyOnce(async () => {
    isEnding = true
    for (const timer of pendingStarts) clearTimeout(timer)
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
  // However this process ends, no worker survives it.
  process.once('exit', () => {
    for (const worker of getLiveWorkers()) worker.process.kill('SIGKILL')
  })

  function forkWorker(number: number): Worker {
    const worker = cluster.fork({ [WORKER_NUMBER_VARIABLE]: `${number}` })
    closeUndeliveredConnections(worker)
    writeLockQueue.join(worker)
    broadcastRelay.join(worker)
    serveCounter(worker, counter)
    worker.once('listening', () => {
      listeningWorkers.add(worker)
      policy.noteServing(number)
    })
    worker.once('disconnect', () => {
      writeLockQueue.leave(worker)
      broadcastRelay.leave(worker)
    })
    // Sending to a worker that has died fails. The event `exit` reports the same.
    worker.on('error', () => {})
    worker.once('exit', (code: number | null, signal: string | null) => {
      if (isEnding) return
      if (!listeningWorkers.delete(worker)) return replaceLater(number, code, signal)
      log.error({ worker: number, code, signal }, 'a worker died; another one takes its place')
      forkWorker(number)
    })
    return worker
  }

  /** Starts a worker again that has died before it listened, after a pause; or ends the service. */
  function replaceLater(number: number, code: number | null, signal: string | null) {
    const pause = policy.getPause({ number, signal, isServed: listeningWorkers.size > 0 })
    if (pause === undefined) {
      failureCode = code ?? 1
      log.fatal({ worker: number, code, signal }, 'a worker died before it listened; the service ends')
      close()
      return
    }
    const entry = { worker: number, code, signal, pauseMs: pause }
    log.error(entry, 'a worker died before it listened; another one is started after a pause')
    const timer = setTimeout(() => {
      pendingStarts.delete(timer)
      forkWorker(number)
    }, pause)
    pendingStarts.add(timer)
  }

  // The first worker starts alone: it creates the database and the key, and finds faults, for all.
  const first = forkWorker(1)
  await Promise.race([once(first, 'listening'), once(first, 'exit')])
  for (let number = 2; number <= config.workers && !isEnding; number += 1) forkWorker(number)
}

const getLiveWorkers = () =>
  Object.values(cluster.workers as Record<string, Worker>).filter(worker => !worker.isDead())

/** Stops a worker. @returns its exit code */
async function stopWorker(worker: Worker): Promise<number> {
  worker.send(STOP_MESSAGE)
  // A worker that does not listen for messages yet ends by the signal. Later, workers ignore the signal.
  worker.process.kill('SIGTERM')
  const [code, signal] = await once(worker, 'exit')
  return code ?? Number(signal !== 'SIGTERM')
}

/** Serves the metrics of all workers, aggregated: sums, or what else suits a metric. */
async function serveAggregatedMetrics(address: MetricsAddress, log: BaseLogger) {
  const { AggregatorRegistry } = await import('prom-client')
  const registry = new AggregatorRegistry()
  const { contentType } = registry
  await serveMetrics(address, { contentType, read: () => registry.clusterMetrics() }, log)
}
