/** Milliseconds to the second attempt, and between two attempts at most. */
const FIRST_PAUSE = 10_000
const MAX_PAUSE = 15 * 60_000

/**
 * The pause before the next attempt to send a mail: twice as long each time, and at random up to a half shorter, so that
 * the mails of an outage do not come back together.
 * @param attempts how many there were, at least one
 * @param random from 0 to 1
 * @returns milliseconds
 */
export const toPause = (attempts: number, random: number): number =>
  Math.min(FIRST_PAUSE * 2 ** (attempts - 1), MAX_PAUSE) * (1 - random / 2)
