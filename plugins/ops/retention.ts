import { randomInt } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../src/config/config.ts'
import { features, retentionRules, signsOfUse } from '../../src/features.ts'
import { createClockCheck } from '../../src/jobs/clock-check.ts'
import { createJanitor, janitorRounds } from '../../src/jobs/janitor.ts'
import { count } from '../../src/process/counters.ts'

const MINUTE = 60_000
/** Milliseconds between two rounds: what is kept for days may wait for an hour, and an hour's worth is removed quickly. */
const INTERVAL = 60 * MINUTE

export interface RetentionOptions {
  readonly config: Config
  /** Milliseconds to the first round; by default at random, so that instances that start together take turns. */
  readonly firstDelay?: number
  /** Milliseconds from the end of a round to the next one. */
  readonly interval?: number
  /** Milliseconds of a clock that nobody sets. */
  readonly monotonic?: () => number
}

/** Removes what has been kept for long enough, from the start of the service to its end. */
async function retention(
  app: FastifyInstance,
  {
    config,
    firstDelay = randomInt(MINUTE, 11 * MINUTE),
    interval = INTERVAL,
    monotonic = () => performance.now()
  }: RetentionOptions
) {
  const removeExpired = createJanitor(app.store, config, retentionRules)
  // Before the first request, which would write the time of a wrong clock.
  const isClockTrusted = await createClockCheck(app.store, config, signsOfUse, monotonic)
  const closing = new AbortController()
  let currentRound: Promise<void> | undefined
  let startUp: Promise<void> | undefined
  let timer = schedule(firstDelay)

  function schedule(delay: number) {
    return setTimeout(() => {
      currentRound = runRound()
    }, delay).unref()
  }

  async function runRound() {
    try {
      await finishPendingWork()
      if (isClockTrusted()) await removeOldRows()
      else skipRound()
    } catch (error) {
      tellFailure(error)
    }
    if (!closing.signal.aborted) timer = schedule(interval)
  }

  /** Does what an earlier process has left, and what failed. */
  async function finishPendingWork() {
    for (const { finishPendingWork } of features) await finishPendingWork?.(app.store)
  }

  function tellFailure(error: unknown) {
    count(app.store.counters.get(janitorRounds), 'failed')
    app.log.error({ err: error }, 'the janitor failed; it tries again later')
  }

  async function removeOldRows() {
    const removed = await removeExpired({ signal: closing.signal })
    count(app.store.counters.get(janitorRounds), 'done')
    if (Object.values(removed).some(Boolean)) app.log.info(removed, 'the janitor removed old rows')
  }

  function skipRound() {
    count(app.store.counters.get(janitorRounds), 'skipped')
    app.log.warn('the clock may be ahead, so nothing is removed until it has gone on like that for a day')
  }

  // Beside the first requests, which do not wait for it.
  app.addHook('onReady', async () => {
    startUp = finishPendingWork().catch(tellFailure)
  })

  // Closed before the store, which was opened before.
  app.addHook('onClose', async () => {
    closing.abort()
    clearTimeout(timer)
    for (const { stopPendingWork } of features) await stopPendingWork?.(app.store)
    await startUp
    await currentRound
  })
}

export default fp(retention, { name: 'retention', dependencies: ['database'] })
