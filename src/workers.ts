import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import closeWithGrace from 'close-with-grace'
import type { BaseLogger } from 'pino'
import type { Config } from './config.ts'
import { turnsInOrder } from './db/turn.ts'
import { ERRORS, haveLastWord, once as onlyOnce } from './last-word.ts'
import { endOf, isHeard, loggerOf, loggingOf } from './logging.ts'
import { serveMetrics } from './metrics-server.ts'
import { NUMBER, STOP } from './place.ts'
import { countFor, countHere } from './rate-windows.ts'

/** Milliseconds for workers to say that they could not end in time. */
const SPARE = 1000

/**
 * Makes this process the one that starts the workers, puts another one in the place of any that dies, and ends them. It
 * listens on their port and hands the connections out to them in turn; what they send and answer is not its business.
 */
export async function supervise(config: Config, isWatched: boolean, limit: number): Promise<void> {
  const logging = loggingOf(config, isWatched, true)
  const log = loggerOf(logging)
  if (config.METRICS_PORT !== undefined) await serveMetricsOfWorkers(config, log)

  const { join, leave } = turnsInOrder()
  const count = countHere()
  const serving = new Set<Worker>()
  let fault = 0
  let isEnding = false

  const end = onlyOnce(async () => {
    isEnding = true
    const codes = await Promise.all(all().map(endOfWorker))
    await endOf(logging)
    const bad = [fault, ...codes].find(code => code > 0)
    if (bad) process.exit(bad)
  })
  haveLastWord({ log: () => log, isHeard: () => isHeard(logging), end, limit: limit + SPARE })
  const { close } = closeWithGrace({ delay: limit + SPARE, logger: log, skip: [...ERRORS] }, end)
  // Whatever ends this process, none is left behind.
  process.once('exit', () => {
    for (const worker of all()) worker.process.kill('SIGKILL')
  })

  function launch(number: number): Worker {
    const worker = cluster.fork({ [NUMBER]: `${number}` })
    join(worker)
    countFor(worker, count)
    worker.once('listening', () => serving.add(worker))
    worker.once('disconnect', () => leave(worker))
    // What can no longer be said to a worker: its end is heard of as well.
    worker.on('error', () => {})
    worker.once('exit', (code: number | null, signal: string | null) => {
      if (isEnding) return
      if (!serving.delete(worker)) {
        // It has said why; another one would fare no better.
        fault = code ?? 1
        close()
        return
      }
      log.error({ worker: number, code, signal }, 'a worker died; another one takes its place')
      launch(number)
    })
    return worker
  }

  // The first one by itself: it makes what is not there yet, and finds what is wrong, for all of them.
  const first = launch(1)
  await Promise.race([once(first, 'listening'), once(first, 'exit')])
  for (let number = 2; number <= config.WEB_CONCURRENCY && !isEnding; number += 1) launch(number)
}

const all = () => Object.values(cluster.workers as Record<string, Worker>).filter(worker => !worker.isDead())

/** Tells a worker to end. @returns its exit code */
async function endOfWorker(worker: Worker): Promise<number> {
  worker.send(STOP)
  // For one that is too young to hear that; as soon as it does, it ignores this.
  worker.process.kill('SIGTERM')
  const [code, signal] = await once(worker, 'exit')
  return code ?? Number(signal !== 'SIGTERM')
}

/** The sums over all workers, or what else makes sense of a metric. */
async function serveMetricsOfWorkers(config: Config, log: BaseLogger) {
  const { AggregatorRegistry } = await import('prom-client')
  const registry = new AggregatorRegistry()
  const { contentType } = registry
  await serveMetrics(config, { contentType, read: () => registry.clusterMetrics() }, log)
}
