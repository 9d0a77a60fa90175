/** Milliseconds from the start of one mail to the next, so that the work of a full outbox comes between requests in small parts. */
const SPACING = 9

/** @returns what gives the milliseconds to wait before the next mail starts */
export function createPace(): () => number {
  // By a clock that nobody sets.
  let lastStart = Number.NEGATIVE_INFINITY
  return () => {
    const now = performance.now()
    lastStart = Math.max(now, lastStart + SPACING)
    return lastStart - now
  }
}
