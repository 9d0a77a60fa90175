import type { Store } from '../../db/store.ts'
import { isBefore, LIST_END, LIST_START, type ListPosition } from '../order/list-position.ts'
import { positionAfter, toPosition } from '../order/position.ts'
import { findNeighbours } from '../statements.ts'
import type { TodoRow } from '../tables.ts'
import { isListed } from '../todo.ts'
import type { DraftRows } from './rows.ts'

/** Whose siblings: the children of a todo, or the todos of a list that are nobody's children. */
export type Family = Pick<TodoRow, 'listId' | 'parentId'>

/**
 * The order of siblings as a draft has it.
 * @param isRetry whether an earlier draft of the same changes failed to commit
 */
export function createSiblings(store: Store, userId: string, rows: DraftRows, isRetry: boolean) {
  /** The siblings on one side of a point, without the todo that moves: nearest first. */
  async function findNearest(
    side: 'above' | 'below',
    family: Family,
    point: ListPosition,
    movedId: string,
    count: number
  ): Promise<TodoRow[]> {
    const { position, id } = point
    const siblings = family.parentId === '' ? 'roots' : 'children'
    // Each stored row may be outdated by the draft.
    const limit = count + rows.countAll()
    const found = await findNeighbours(store, { siblings, side }).execute({
      userId,
      ...family,
      position,
      id,
      limit
    })
    const draftRows = rows
      .getAll()
      .filter(row => row.id !== movedId && isListed(row) && isOfFamily(row, family))
      .filter(row => (side === 'below' ? isBefore(point, row) : isBefore(row, point)))
    const sorted = [...draftRows, ...found.filter(row => !rows.has(row.id))].sort((a, b) =>
      isBefore(a, b) ? -1 : 1
    )
    return (side === 'below' ? sorted : sorted.toReversed()).slice(0, count)
  }

  async function findNeighbour(
    side: 'above' | 'below',
    family: Family,
    point: ListPosition,
    movedId: string
  ): Promise<TodoRow | undefined> {
    const [neighbour] = await findNearest(side, family, point, movedId, 1)
    return neighbour
  }

  return {
    /** The nearest sibling above a point, by default the last one; never the todo that moves. */
    above: (family: Family, movedId: string, point = LIST_END) =>
      findNeighbour('above', family, point, movedId),
    /** The nearest sibling below a point, by default the first one; never the todo that moves. */
    below: (family: Family, movedId: string, point = LIST_START) =>
      findNeighbour('below', family, point, movedId),

    /**
     * The todos around a gap between siblings, without the todo that moves there.
     * @param above the todo above the gap
     * @param reach how many todos to read on each side
     * @returns the rows in their order, and the todos before and after them, if there are any
     */
    async readAround(family: Family, movedId: string, above: ListPosition, reach: number) {
      const todosAbove = await findNearest('above', family, above, movedId, reach)
      const previous = todosAbove[reach - 1]
      const found = await findNearest('below', family, previous ?? LIST_START, movedId, 2 * reach + 1)
      const around = found.slice(0, 2 * reach)
      await rows.loadMissing(around)
      return { previous, rows: around, next: found[2 * reach] }
    },

    /**
     * The position of a new todo below all its siblings: the position of its time. A clock that was put back or an import may
     * have left a todo further down. The insert detects that without a read of its own and inserts nothing; only the
     * retry looks the last position up.
     */
    async findBottomPosition(family: Family, id: string): Promise<string> {
      const last = isRetry ? await findNeighbour('above', family, LIST_END, id) : undefined
      return last ? positionAfter(last.position, id) : toPosition(id)
    }
  }
}

const isOfFamily = (row: TodoRow, { listId, parentId }: Family): boolean =>
  row.listId === listId && row.parentId === parentId
