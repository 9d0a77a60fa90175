import { randomInt } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { watchClock } from '../src/clock-check.ts'
import type { Config } from '../src/config.ts'
import { count } from '../src/counters.ts'
import { janitorOf } from '../src/janitor.ts'

const MINUTE = 60_000
/** Milliseconds between two rounds: what is kept for days may wait for an hour, and an hour's worth is removed quickly. */
const INTERVAL = 60 * MINUTE

export interface JanitorOptions {
  readonly config: Config
  /** Milliseconds to the first round; by default at random, so that instances that start together take turns. */
  readonly first?: number
  /** Milliseconds from the end of a round to the next one. */
  readonly interval?: number
  /** Milliseconds of a clock that nobody sets. */
  readonly monotonic?: () => number
}

/** Removes what has been kept for long enough, from the start of the service to its end. */
async function janitor(
  app: FastifyInstance,
  {
    config,
    first = randomInt(MINUTE, 11 * MINUTE),
    interval = INTERVAL,
    monotonic = () => performance.now()
  }: JanitorOptions
) {
  const clean = janitorOf(app.store, config)
  // Before the first request, which would write the time of a wrong clock.
  const isClockBelieved = await watchClock(app.store, config, monotonic)
  const closing = new AbortController()
  let working: Promise<void> | undefined
  let timer = later(first)

  function later(delay: number) {
    return setTimeout(() => {
      working = round()
    }, delay).unref()
  }

  async function round() {
    try {
      if (isClockBelieved()) await removeOldRows()
      else skip()
    } catch (error) {
      count(app.store.counters.janitorRounds, 'failed')
      app.log.error({ err: error }, 'the janitor failed; it tries again later')
    }
    if (!closing.signal.aborted) timer = later(interval)
  }

  async function removeOldRows() {
    const removed = await clean({ signal: closing.signal })
    count(app.store.counters.janitorRounds, 'done')
    if (Object.values(removed).some(Boolean)) app.log.info(removed, 'the janitor removed old rows')
  }

  function skip() {
    count(app.store.counters.janitorRounds, 'skipped')
    app.log.warn('the clock may be ahead, so nothing is removed until it has gone on like that for a day')
  }

  // Closed before the store, which was opened before.
  app.addHook('onClose', async () => {
    closing.abort()
    clearTimeout(timer)
    await working
  })
}

export default fp(janitor, { name: 'janitor', dependencies: ['store'] })
