import { validationFailed } from '../../problems/problem.ts'
import { findGapPosition, isInGap } from '../order/gap.ts'
import type { ListPosition } from '../order/list-position.ts'
import { toPosition } from '../order/position.ts'
import type { ListMoveTarget } from './content.ts'
import { NO_LIST } from './problems.ts'

/** The positions that lists get, by their ids. */
export type NewPositions = ReadonlyMap<string, string>

/**
 * Finds the positions by which a list is where it is to be: its own, or, where no position is left in between, those of all.
 * @param lists all that are in order, in their order
 * @returns none when it is there already
 * @throws {Problem} `validation_failed` when the target names no other list
 */
export function findPositions(
  lists: readonly ListPosition[],
  moved: ListPosition,
  target: ListMoveTarget,
  newId: () => string
): NewPositions {
  const anchorId = target.after ?? target.before
  if (anchorId === moved.id) return new Map()
  const others = lists.filter(({ id }) => id !== moved.id)
  const index = findIndex(others, target)
  const gap = { above: others[index - 1], below: others[index] }
  if (isInGap(gap, moved)) return new Map()
  const position = findGapPosition(gap, newId())
  return position === undefined
    ? spread(others.toSpliced(index, 0, moved), newId)
    : new Map([[moved.id, position]])
}

/** How many lists will be above the one that moves. */
function findIndex(others: readonly ListPosition[], { after, before, to }: ListMoveTarget): number {
  if (to) return to === 'top' ? 0 : others.length
  const index = others.findIndex(({ id }) => id === (after ?? before))
  if (index === -1)
    throw validationFailed({ pointer: after === undefined ? '/before' : '/after', detail: NO_LIST })
  return after === undefined ? index : index + 1
}

/** Gives all lists new positions, as if they were made anew in their order. */
const spread = (lists: readonly ListPosition[], newId: () => string): NewPositions =>
  new Map(lists.map(({ id }) => [id, toPosition(newId())]))
