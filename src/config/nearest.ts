import { closest, distance } from 'fastest-levenshtein'

/**
 * The known name that an unknown one was probably meant for.
 * @param getMaxDistance how many letters may differ from a name of some length; letters may be in the wrong order in any
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
