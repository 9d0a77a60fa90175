const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length

/** By how much numbers rise from each to the next, by least squares. */
export function slopeOf(numbers: readonly number[]): number {
  const [centre, middle] = [(numbers.length - 1) / 2, mean(numbers)]
  const covariance = mean(numbers.map((each, index) => (index - centre) * (each - middle)))
  return covariance / mean(numbers.map((_, index) => (index - centre) ** 2))
}
