/** Milliseconds that some work takes. */
export async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/**
 * Whether some times are surely less than half of others, as without a hash they would be by far: the Mann-Whitney test
 * of the ones against the halves of the others, at z > 4.75. Were they exactly half as long, it would err once in a
 * million times; for times that are alike, on a machine however busy, that is out of reach.
 */
export function isHalfOf(fast: readonly number[], slow: readonly number[]): boolean {
  const [n, m] = [fast.length, slow.length]
  const wins = fast.flatMap(a => slow.filter(b => a < b / 2)).length
  const z = (wins - (n * m) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12)
  return z > 4.75
}

export const median = (times: readonly number[]) => times.toSorted((a, b) => a - b)[times.length >> 1]
