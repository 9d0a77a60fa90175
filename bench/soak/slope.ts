const mean = (numbers: readonly number[]) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length

/** By how much numbers rise from each to the next, by least squares. */
export function fitSlope(numbers: readonly number[]): number {
  const [centre, middle] = [(numbers.length - 1) / 2, mean(numbers)]
  const covariance = mean(numbers.map((value, index) => (index - centre) * (value - middle)))
  return covariance / mean(numbers.map((_, index) => (index - centre) ** 2))
}
