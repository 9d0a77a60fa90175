/** The least and the longest pause between two attempts, in milliseconds. */
export interface BackoffLimits {
  readonly first: number
  readonly max: number
}

/**
 * The pause before the next attempt: twice as long each time, and at random up to a half shorter, so that many do not come back
 * together.
 * @param failures how many there were, at least one
 * @param random from 0 to 1
 * @returns milliseconds
 */
export const toBackoff = (failures: number, { first, max }: BackoffLimits, random: number): number =>
  Math.min(first * 2 ** (failures - 1), max) * (1 - random / 2)
