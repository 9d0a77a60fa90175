import { type BoundStatement, mayUseReserve, mustAffectRow, NoRowAffected } from '../db/engine.ts'
import type { Store } from '../db/store.ts'
import { positionAfter, toPosition } from './position.ts'
import { countBytes, type Growth, withQuota } from './quota.ts'
import { todoStatements } from './statements.ts'
import type { TodoRow } from './tables.ts'
import { isListed } from './todo.ts'

/** Where a todo is in the list: in the order of the positions, and of the ids where those are the same. */
export type ListPosition = Pick<TodoRow, 'id' | 'position'>

/** Come before and after every todo. */
const LIST_START: ListPosition = { position: '', id: '' }
const LIST_END: ListPosition = { position: '~', id: '' }

export const isBefore = (a: ListPosition, b: ListPosition): boolean =>
  a.position === b.position ? a.id < b.id : a.position < b.position

/**
 * Changes of a user's todos that are put together in memory and then take effect at once, all or none. What is read is as
 * the changes so far have left it. What others have changed since it was read is not overwritten.
 * @param isRetry whether they were put together before and did not take effect
 */
export function createDraft(store: Store, userId: string, isRetry = false) {
  const { insert, insertAtBottom, find, update, move, purge, findAbove, findBelow } = todoStatements(store)
  const originalRows = new Map<string, TodoRow | undefined>()
  const currentRows = new Map<string, TodoRow | undefined>()

  /** The nearest todo on one side, from which the one that is to move and all that are in this draft may be gone. */
  async function findNeighbour(
    side: typeof findAbove,
    point: ListPosition,
    movedId: string
  ): Promise<ListPosition | undefined> {
    const rows = await side.execute({ userId, ...point, limit: currentRows.size + 1 })
    const storedRows = rows.filter(({ id }) => !currentRows.has(id)).slice(0, 1)
    const isBelow = side === findBelow
    const draftRows = [...currentRows.values()]
      .filter(row => row !== undefined)
      .filter(row => row.id !== movedId && isListed(row))
      .filter(row => (isBelow ? isBefore(point, row) : isBefore(row, point)))
    const sorted = [...draftRows, ...storedRows].sort((a, b) => (isBefore(a, b) ? -1 : 1))
    return isBelow ? sorted[0] : sorted.at(-1)
  }

  function toStatement([id, row]: [string, TodoRow | undefined]): BoundStatement<unknown> | undefined {
    const original = originalRows.get(id)
    if (row === original) return undefined
    if (!original) return (isRetry ? insert : insertAtBottom).bind(row)
    // It makes room.
    if (!row) return mayUseReserve(purge.bind({ id, userId, expected: original.revision }))
    return (hasOnlyMoved(original, row) ? move : update).bind({ ...row, expected: original.revision })
  }

  /** What the changes add to what the user has. */
  function computeGrowth(): Growth {
    const growth = { todos: 0, bytes: 0 }
    for (const [id, row] of currentRows) {
      const original = originalRows.get(id)
      if (row === original) continue
      growth.todos += Number(row !== undefined) - Number(original !== undefined)
      growth.bytes += (row ? countBytes(row) : 0) - (original ? countBytes(original) : 0)
    }
    return growth
  }

  return {
    /** The todo, in the list or in the trash. */
    async find(id: string): Promise<TodoRow | undefined> {
      if (!currentRows.has(id)) {
        const [row] = await find.execute({ id, userId })
        originalRows.set(id, row)
        currentRows.set(id, row)
      }
      return currentRows.get(id)
    },

    /** The todo above a point, or above the end of the list, but for the one that is to move there. */
    above: (movedId: string, point = LIST_END) => findNeighbour(findAbove, point, movedId),
    below: (movedId: string, point = LIST_START) => findNeighbour(findBelow, point, movedId),

    /**
     * The position of a new todo below all others. That is the one of its time, unless the clock was put back or an import
     * lies ahead, which takes no reading to find out: the todo is then not added, and the position is looked up.
     */
    async findBottomPosition(id: string): Promise<string> {
      const last = isRetry ? await findNeighbour(findAbove, LIST_END, id) : undefined
      return last ? positionAfter(last.position, id) : toPosition(id)
    },

    put: (row: TodoRow) => void currentRows.set(row.id, row),
    remove: (id: string) => void currentRows.set(id, undefined),

    /** @throws {Problem} `quota_exceeded` when the changes would not take effect for want of room */
    assertWithinQuota: () => withQuota(store, userId, computeGrowth(), async () => {}),

    /**
     * Makes the changes take effect, and other steps together with them.
     * @returns whether they did; if not, another write came in between, and the draft is to be begun anew
     * @throws {Problem} `quota_exceeded`
     * @throws {NoRowAffected} when it was one of the other steps that found no row, though it was required
     */
    async commit(extraStatements: readonly BoundStatement[]): Promise<boolean> {
      const changes = [...currentRows].flatMap(change => toStatement(change) ?? []).map(mustAffectRow)
      if (changes.length + extraStatements.length === 0) return true
      try {
        await withQuota(store, userId, computeGrowth(), () =>
          store.atomically(...extraStatements, ...changes)
        )
        return true
      } catch (error) {
        if (error instanceof NoRowAffected && changes.some(({ name }) => name === error.statement.name))
          return false
        throw error
      }
    }
  }
}

/** Whether a todo has kept all but its place: what is not written anew is the very same value. */
function hasOnlyMoved(original: TodoRow, row: TodoRow): boolean {
  const names = Object.keys(original) as (keyof TodoRow)[]
  return names.every(name => name === 'position' || name === 'revision' || row[name] === original[name])
}

export type Draft = ReturnType<typeof createDraft>
