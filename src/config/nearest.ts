import { closest, distance } from 'fastest-levenshtein'

/**
 * Finds the candidate that a name nearly equals.
 * @param getMaxDistance how many letters may differ, by the length of the candidate; the same letters in another order
 * always count as near
 */
export function findNearest(
  name: string,
  candidates: readonly string[],
  getMaxDistance: (length: number) => number
): string | undefined {
  const candidate = closest(name, candidates)
  const isNear =
    distance(name, candidate) <= getMaxDistance(candidate.length) ||
    sortLetters(name) === sortLetters(candidate)
  return isNear ? candidate : undefined
}

const sortLetters = (name: string) => [...name].toSorted().join('')
