import { type BoundStatement, mayUseReserve, mustAffectRow, NoRowAffected } from '../db/bound-statement.ts'
import type { Statement } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { isBefore, LIST_END, LIST_START, type ListPosition } from './order/list-position.ts'
import { positionAfter, toPosition } from './order/position.ts'
import { bindPurge } from './purge.ts'
import { countBytes, type Growth, withQuota } from './quota.ts'
import { todoChanges, todoStatements } from './statements.ts'
import type { TodoRow } from './tables.ts'
import { isListed } from './todo.ts'

/** The share of the reserve on a full disk that permanent deletes may use. */
const PURGE_RESERVE_SHARE = 0.5

/**
 * A unit of work: collects changes of a user's todos in memory, then writes them in one transaction, all or none. Reads see
 * the changes collected so far. A todo that somebody else has changed since its read is not overwritten.
 * @param isRetry whether an earlier draft of the same changes failed to commit
 */
export function createDraft(store: Store, userId: string, isRetry = false) {
  const { insert, insertAtBottom, update, move } = todoChanges(store)
  const { find, findAbove, findBelow, findRowsBelow } = todoStatements(store)
  const originalRows = new Map<string, TodoRow | undefined>()
  const currentRows = new Map<string, TodoRow | undefined>()

  /** The listed todos on one side of a point as the draft has them, without the todo that moves: nearest first. */
  async function findNearest<Row extends ListPosition>(
    statement: Statement<Row[]>,
    side: 'above' | 'below',
    point: ListPosition,
    movedId: string,
    count: number
  ): Promise<(Row | TodoRow)[]> {
    // Each stored row may be outdated by a row of the draft.
    const rows = await statement.execute({ userId, ...point, limit: count + currentRows.size })
    const storedRows = rows.filter(({ id }) => !currentRows.has(id))
    const draftRows = [...currentRows.values()]
      .filter(row => row !== undefined)
      .filter(row => row.id !== movedId && isListed(row))
      .filter(row => (side === 'below' ? isBefore(point, row) : isBefore(row, point)))
    const sorted = [...draftRows, ...storedRows].sort((a, b) => (isBefore(a, b) ? -1 : 1))
    return (side === 'below' ? sorted : sorted.toReversed()).slice(0, count)
  }

  async function findNeighbour(side: 'above' | 'below', point: ListPosition, movedId: string) {
    const [neighbour] = await findNearest(side === 'below' ? findBelow : findAbove, side, point, movedId, 1)
    return neighbour
  }

  function toStatements([id, row]: [string, TodoRow | undefined]): BoundStatement<unknown>[] {
    const original = originalRows.get(id)
    if (row === original) return []
    if (row && !original) return [(isRetry ? insert : insertAtBottom).bind(row)]
    const expected = original?.revision
    if (original && row) return [(hasOnlyMoved(original, row) ? move : update).bind({ ...row, expected })]
    // A purge frees space, even on a full disk. It leaves room for others to sign out.
    return bindPurge(store, { id, userId, expected }).map(statement =>
      mayUseReserve(statement, PURGE_RESERVE_SHARE)
    )
  }

  /** What the changes add to the user's usage; negative where they free some. */
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
    /** The todo, in the list or in the trash; undefined if there is none. */
    async find(id: string): Promise<TodoRow | undefined> {
      if (!currentRows.has(id)) {
        const [row] = await find.execute({ id, userId })
        originalRows.set(id, row)
        currentRows.set(id, row)
      }
      return currentRows.get(id)
    },

    /** Whether the draft deletes a stored todo with the id. Until the commit no other todo can have it. */
    isRemoved: (id: string): boolean =>
      originalRows.get(id) !== undefined && currentRows.get(id) === undefined,

    /** The nearest todo above a point, by default the last one of the list; never the todo that moves. */
    above: (movedId: string, point = LIST_END) => findNeighbour('above', point, movedId),
    /** The nearest todo below a point, by default the first one of the list; never the todo that moves. */
    below: (movedId: string, point = LIST_START) => findNeighbour('below', point, movedId),

    /**
     * The todos around a gap of the list, without the todo that moves there.
     * @param above the todo above the gap
     * @param reach how many todos to read on each side
     * @returns the rows in their order, and the todos before and after them, if there are any
     */
    async readAround(movedId: string, above: ListPosition, reach: number) {
      const todosAbove = await findNearest(findAbove, 'above', above, movedId, reach)
      const previous = todosAbove[reach - 1]
      const rows = await findNearest(findRowsBelow, 'below', previous ?? LIST_START, movedId, 2 * reach + 1)
      const around = rows.slice(0, 2 * reach)
      for (const row of around) {
        if (currentRows.has(row.id)) continue
        originalRows.set(row.id, row)
        currentRows.set(row.id, row)
      }
      return { previous, rows: around, next: rows[2 * reach] }
    },

    /**
     * The position of a new todo below all others: the position of its time. A clock that was put back or an import may
     * have left a todo further down. `insertAtBottom` detects that without a read of its own and inserts nothing; only the
     * retry looks the last position up.
     */
    async findBottomPosition(id: string): Promise<string> {
      const last = isRetry ? await findNeighbour('above', LIST_END, id) : undefined
      return last ? positionAfter(last.position, id) : toPosition(id)
    },

    put: (row: TodoRow) => void currentRows.set(row.id, row),
    remove: (id: string) => void currentRows.set(id, undefined),

    /** @throws {Problem} `quota_exceeded` when the changes exceed the quota */
    assertWithinQuota: () => withQuota(store, userId, computeGrowth(), async () => {}),

    /**
     * Writes the changes in one transaction.
     * @param extraStatements run before the changes in the same transaction
     * @returns false when another write came in between: nothing was written, and the draft must be made anew
     * @throws {Problem} `quota_exceeded`
     * @throws {NoRowAffected} when one of the extra statements affected no row, though it had to
     */
    async commit(extraStatements: readonly BoundStatement[]): Promise<boolean> {
      const changes = [...currentRows]
        // All transactions lock rows in the same order, so no two wait for each other.
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(toStatements)
        .map(mustAffectRow)
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

/** Whether only the place of a todo has changed. Unchanged values are the very same objects. */
function hasOnlyMoved(original: TodoRow, row: TodoRow): boolean {
  const names = Object.keys(original) as (keyof TodoRow)[]
  return names.every(name => name === 'position' || name === 'revision' || row[name] === original[name])
}

export type Draft = ReturnType<typeof createDraft>
