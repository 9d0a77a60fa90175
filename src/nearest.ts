import { closest, distance } from 'fastest-levenshtein'

/**
 * The known name that an unknown one was probably meant for.
 * @param reach how many letters may differ from a name of some length; letters may be in the wrong order in any
 */
export function nearest(
  name: string,
  known: readonly string[],
  reach: (length: number) => number
): string | undefined {
  const candidate = closest(name, known)
  const isNear =
    distance(name, candidate) <= reach(candidate.length) || lettersOf(name) === lettersOf(candidate)
  return isNear ? candidate : undefined
}

const lettersOf = (name: string) => [...name].toSorted().join('')
