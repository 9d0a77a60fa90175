import { isBefore, type ListPosition } from './list-position.ts'
import { positionAfter, positionBefore, positionBetween, toPosition } from './position.ts'

/** Between what something moves: without `above`, the top; without `below`, the bottom. */
export interface Gap {
  readonly above: ListPosition | undefined
  readonly below: ListPosition | undefined
}

export const isInGap = ({ above, below }: Gap, place: ListPosition): boolean =>
  (!above || isBefore(above, place)) && (!below || isBefore(place, below))

/**
 * A position in a gap.
 * @param id a new id, for its time and its random bits
 * @returns undefined when none is left between the two
 */
export function findGapPosition({ above, below }: Gap, id: string): string | undefined {
  if (above && below) return positionBetween(above.position, below.position, id)
  if (above) return positionAfter(above.position, id)
  return below ? positionBefore(below.position, id) : toPosition(id)
}
