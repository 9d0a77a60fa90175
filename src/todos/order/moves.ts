import type { Store } from '../../db/store.ts'
import { validationFailed } from '../../problems/problem.ts'
import { applyPlacementPatch } from '../content/placement.ts'
import type { Draft } from '../draft/draft.ts'
import type { Family } from '../draft/siblings.ts'
import { NO_TODO } from '../problems.ts'
import type { TodoRow } from '../tables.ts'
import { isListed, nextUpdateTime, type RowPlacement, toPlacement } from '../todo.ts'
import { isSamePlacement, putInPlace, resolvePlacement } from '../tree/placement.ts'
import { findGapPosition, type Gap, isInGap } from './gap.ts'
import { AFTER_ALL, BEFORE_ALL, isBefore, type ListPosition } from './list-position.ts'
import type { MoveTarget } from './move-target.ts'
import { positionAfter, positionBefore, positionBetween, spreadPositions } from './position.ts'

/** How many todos on each side of a gap move to make room in it: at first few, at last these. */
const REACHES = [4, 16, 64, 256]

/** Moves of todos on a draft. */
export function createMoves(store: Pick<Store, 'now' | 'newId'>, draft: Draft) {
  const { now, newId } = store

  /** Moves a todo among its siblings, or to others with all that is below it. */
  async function move(row: TodoRow, target: MoveTarget): Promise<TodoRow> {
    const anchorId = target.after ?? target.before
    if (anchorId === row.id) return row
    const anchor = anchorId === undefined ? undefined : await loadAnchor(anchorId, target)
    const placement = await findPlacement(row, target, anchor)
    const gap = await findGap(row.id, placement, target, anchor)
    const isStaying = isSamePlacement(row, placement)
    if (isStaying && isInGap(gap, row)) return row
    const position = findGapPosition(gap, newId())
    // Only between two others there may be none left.
    return position ? putAt(row, position) : moveIntoFullGap(gap.above as ListPosition)

    async function putAt(moved: TodoRow, position: string): Promise<TodoRow> {
      const placed = { ...moved, position, revision: newId() }
      if (moved.id === row.id && !isStaying) {
        // To be elsewhere in the order is no change of the todo; to be in another list or below another todo is.
        const updatedAt = nextUpdateTime(row, now())
        return putInPlace(draft, store, { ...placed, updatedAt }, placement)
      }
      await draft.put(placed)
      return placed
    }

    /**
     * Moves the todo into a gap that has no position left: the todos around the gap are spread anew, with equal distances.
     * @param above the todo above the gap
     * @throws {Problem} `validation_failed` when hundreds of todos lie side by side without a position in between, which
     * only an import of such positions brings about
     */
    async function moveIntoFullGap(above: ListPosition): Promise<TodoRow> {
      for (const reach of REACHES) {
        const { previous, rows, next } = await draft.readAround(placement, row.id, above, reach)
        const first = rows.reduce((first, row) => (isBefore(row, first) ? row : first), above)
        const last = rows.reduce((last, row) => (isBefore(last, row) ? row : last), above)
        const positionAt = spreadPositions(
          previous?.position ?? positionBefore(first.position, newId()),
          next?.position ?? positionAfter(last.position, newId()),
          rows.length + 1
        )
        if (!positionAt) continue
        const gapIndex = rows.filter(row => !isBefore(above, row)).length
        for (const [index, neighbour] of rows.entries())
          await putAt(neighbour, positionAt(index < gapIndex ? index : index + 1))
        return putAt(row, positionAt(gapIndex))
      }
      const [member] = Object.keys(target)
      throw validationFailed({ pointer: `/${member}`, detail: FULL_GAP })
    }
  }

  async function loadAnchor(id: string, { after }: MoveTarget): Promise<TodoRow> {
    const row = await draft.find(id)
    if (row && isListed(row)) return row
    const member = after === undefined ? 'before' : 'after'
    throw validationFailed({ pointer: `/${member}`, detail: NO_TODO })
  }

  /** The list and the parent where a todo moves: those of the todo beside which it moves, or those that are named. */
  async function findPlacement(
    row: TodoRow,
    target: MoveTarget,
    anchor: TodoRow | undefined
  ): Promise<RowPlacement> {
    const { listId, parentId } = target
    if (!anchor) {
      const requested = applyPlacementPatch(toPlacement(row), { listId, parentId })
      const isPresent = listId === undefined && parentId === undefined
      return isPresent ? row : resolvePlacement(draft, row, requested)
    }
    const there = toPlacement(anchor)
    for (const [name, value] of Object.entries({ listId, parentId }))
      if (value !== undefined && value !== there[name as keyof typeof there])
        throw validationFailed({ pointer: `/${name}`, detail: OTHER_THAN_ANCHOR })
    return isSamePlacement(row, anchor) ? row : resolvePlacement(draft, row, there)
  }

  /** The todos between which a todo moves. */
  async function findGap(
    movedId: string,
    family: Family,
    target: MoveTarget,
    anchor: TodoRow | undefined
  ): Promise<Gap> {
    if (anchor && target.after) return { above: anchor, below: await draft.below(family, movedId, anchor) }
    if (anchor) return { above: await draft.above(family, movedId, anchor), below: anchor }
    if (target.to === 'top') return { above: undefined, below: await draft.below(family, movedId) }
    return { above: await draft.above(family, movedId), below: undefined }
  }

  /** The position that a restored todo had, or a position right below, if a sibling has it now and there is room. */
  async function findRestorePosition(row: ListPosition & Family): Promise<string> {
    const { id, position } = row
    const next = await draft.below(row, id, { position, id: BEFORE_ALL })
    if (next?.position !== position) return position
    const below = await draft.below(row, id, { position, id: AFTER_ALL })
    if (!below) return positionAfter(position, newId())
    return positionBetween(position, below.position, newId()) ?? position
  }

  return { move, findRestorePosition }
}

const OTHER_THAN_ANCHOR = 'is not that of the todo beside which it moves; leave it out'

const FULL_GAP =
  'names a todo with too many others right beside it; move the todo elsewhere, or move some of those first'
