import { type BoundStatement, mayUseReserve, mustAffectRow, NoRowAffected } from '../db/bound-statement.ts'
import type { Store } from '../db/store.ts'
import { bindListCounts } from './lists/counts.ts'
import { listStatements } from './lists/statements.ts'
import { settleLists } from './lists/transitions/settle.ts'
import { isGone } from './lists/transitions/state.ts'
import { isBefore, LIST_END, LIST_START, type ListPosition } from './order/list-position.ts'
import { positionAfter, toPosition } from './order/position.ts'
import { bindPurge } from './purge.ts'
import { countBytes, type Growth, withQuota } from './quota.ts'
import { findNeighbours, insertTodo, isStandalone, todoStatements, updateTodo } from './statements.ts'
import type { ListRow, TodoRow } from './tables.ts'
import { isListed, type RowChange } from './todo.ts'
import { toChildGrowths } from './tree/counts.ts'

/** The share of the reserve on a full disk that permanent deletes may use. */
const PURGE_RESERVE_SHARE = 0.5

/** Whose siblings: the children of a todo, or the todos of a list that are nobody's children. */
export type Family = Pick<TodoRow, 'listId' | 'parentId'>

/**
 * A unit of work: collects changes of a user's todos in memory, then writes them in one transaction, all or none. Reads see
 * the changes collected so far. A todo that somebody else has changed since its read is not overwritten.
 * @param isRetry whether an earlier draft of the same changes failed to commit
 */
export function createDraft(store: Store, userId: string, isRetry = false) {
  const originalRows = new Map<string, TodoRow | undefined>()
  const currentRows = new Map<string, TodoRow | undefined>()
  const lists = new Map<string, ListRow | undefined>()
  const loadedTrees = new Set<string>()
  const extraStatements: BoundStatement[] = []

  /** The list with an id, in the trash or not. */
  async function findList(id: string): Promise<ListRow | undefined> {
    if (!lists.has(id)) {
      const [list] = await listStatements(store).find.execute({ id, userId })
      lists.set(id, list)
    }
    return lists.get(id)
  }

  /** Takes a stored row into the draft. The todos of a list that was deleted are in the trash as the list is. */
  async function load(id: string, row: TodoRow | undefined): Promise<TodoRow | undefined> {
    const loaded = row && (await withListState(row))
    originalRows.set(id, loaded)
    currentRows.set(id, loaded)
    return loaded
  }

  /** @returns undefined for a todo that is gone with its list */
  async function withListState(row: TodoRow): Promise<TodoRow | undefined> {
    if (row.listId === '') return row
    const list = await findList(row.listId)
    if (list && isGone(list) && (isListed(row) || row.deletedWith === list.id)) {
      // Somebody makes a todo with the id of this one, and waits for it to be free.
      if (isRetry) await settleLists(store, userId)
      return undefined
    }
    return list?.deletedAt && isListed(row)
      ? { ...row, deletedAt: list.deletedAt, deletedWith: list.id }
      : row
  }

  /** The todo, in the list or in the trash; undefined if there is none. */
  async function find(id: string): Promise<TodoRow | undefined> {
    if (currentRows.has(id)) return currentRows.get(id)
    const [row] = await todoStatements(store).find.execute({ id, userId })
    return load(id, row)
  }

  /**
   * The siblings on one side of a point as the draft has them, without the todo that moves: nearest first.
   */
  async function findNearest(
    side: 'above' | 'below',
    family: Family,
    point: ListPosition,
    movedId: string,
    count: number
  ): Promise<TodoRow[]> {
    const siblings = family.parentId === '' ? 'roots' : 'children'
    // Each stored row may be outdated by a row of the draft.
    const params = {
      userId,
      ...family,
      position: point.position,
      id: point.id,
      limit: count + currentRows.size
    }
    const rows = await findNeighbours(store, { siblings, side }).execute(params)
    const storedRows = rows.filter(({ id }) => !currentRows.has(id))
    const draftRows = [...currentRows.values()]
      .filter(row => row !== undefined)
      .filter(row => row.id !== movedId && isListed(row) && isOfFamily(row, family))
      .filter(row => (side === 'below' ? isBefore(point, row) : isBefore(row, point)))
    const sorted = [...draftRows, ...storedRows].sort((a, b) => (isBefore(a, b) ? -1 : 1))
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

  /** Keeps the counts of a parent right. @param row the todo as it is now */
  async function countChild(id: string, row: TodoRow | undefined): Promise<void> {
    const before = currentRows.get(id)
    currentRows.set(id, row)
    for (const [parentId, growth] of toChildGrowths({ before, after: row })) {
      const parent = await find(parentId)
      if (!parent) continue
      currentRows.set(parentId, {
        ...parent,
        childCount: parent.childCount + growth.children,
        openChildCount: parent.openChildCount + growth.openChildren,
        revision: store.newId()
      })
    }
  }

  function toStatements([id, row]: [string, TodoRow | undefined]): BoundStatement<unknown>[] {
    const original = originalRows.get(id)
    if (row === original) return []
    const expected = original?.revision
    if (row && original) {
      // In the list where it was, whether it is archived may have changed meanwhile, which is no change of the todo.
      const isMoved = row.listId !== original.listId
      const names = (Object.keys(row) as (keyof TodoRow)[]).filter(
        name => row[name] !== original[name] || (isMoved && name === 'isArchived')
      )
      return [mustAffectRow(updateTodo(store, names).bind({ ...row, expected }))]
    }
    if (row) {
      const where = isRetry ? 'anywhere' : row.parentId === '' ? 'roots' : 'children'
      const insert = insertTodo(store, { where, isStandalone: isStandalone(row) })
      return [mustAffectRow(insert.bind(row))]
    }
    // A purge frees space, even on a full disk. It leaves room for others to sign out.
    return bindPurge(store, { id, userId, expected, completionCount: original?.completionCount }).map(
      statement => mayUseReserve(statement, PURGE_RESERVE_SHARE)
    )
  }

  const getChanges = (): RowChange[] =>
    Array.from(currentRows, ([id, after]) => ({ before: originalRows.get(id), after })).filter(
      ({ before, after }) => before !== after
    )

  /** What the changes add to the user's usage; negative where they free some. */
  function computeGrowth(): Growth {
    const growth = { todos: 0, bytes: 0 }
    for (const { before, after } of getChanges()) {
      growth.todos += Number(after !== undefined) - Number(before !== undefined)
      growth.bytes += (after ? countBytes(after) : 0) - (before ? countBytes(before) : 0)
    }
    return growth
  }

  /** Binds the statements that write the changes. */
  const bind = (): BoundStatement[] => [
    ...[...currentRows]
      // All transactions lock rows in the same order, so no two wait for each other.
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(toStatements),
    ...bindListCounts(store, userId, getChanges()),
    ...extraStatements
  ]

  return {
    find,
    findList,

    /** Takes stored todos into the draft that was made for them. */
    async take(rows: readonly TodoRow[]): Promise<void> {
      for (const row of rows) await load(row.id, row)
    },

    /** The todos of a tree as the draft has them, without the one at its top: those in the trash, too. */
    async findTree(rootId: string): Promise<TodoRow[]> {
      if (!loadedTrees.has(rootId))
        for (const row of await todoStatements(store).findTree.execute({ userId, rootId }))
          if (!currentRows.has(row.id)) await load(row.id, row)
      loadedTrees.add(rootId)
      return [...currentRows.values()].flatMap(row => (row?.rootId === rootId ? row : []))
    },

    /** Whether the draft deletes a stored todo with the id. Until the commit no other todo can have it. */
    isRemoved: (id: string): boolean =>
      originalRows.get(id) !== undefined && currentRows.get(id) === undefined,

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
      const rows = await findNearest('below', family, previous ?? LIST_START, movedId, 2 * reach + 1)
      const around = rows.slice(0, 2 * reach)
      for (const row of around) if (!currentRows.has(row.id)) await load(row.id, row)
      return { previous, rows: around, next: rows[2 * reach] }
    },

    /**
     * The position of a new todo below all its siblings: the position of its time. A clock that was put back or an import may
     * have left a todo further down. The insert detects that without a read of its own and inserts nothing; only the
     * retry looks the last position up.
     */
    async findBottomPosition(family: Family, id: string): Promise<string> {
      const last = isRetry ? await findNeighbour('above', family, LIST_END, id) : undefined
      return last ? positionAfter(last.position, id) : toPosition(id)
    },

    put: (row: TodoRow): Promise<void> => countChild(row.id, row),
    remove: (id: string): Promise<void> => countChild(id, undefined),

    bind,

    /** Adds a statement to the transaction. */
    add: (statement: BoundStatement): void => void extraStatements.push(statement),

    /** How many todos the draft changes so far. */
    countChanges: (): number => getChanges().length,

    /** @throws {Problem} `quota_exceeded` when the changes exceed the quota */
    assertWithinQuota: () => withQuota(store, userId, computeGrowth(), async () => {}),

    /**
     * Writes the changes in one transaction.
     * @param firstStatements run before the changes in the same transaction
     * @returns false when another write came in between: nothing was written, and the draft must be made anew
     * @throws {Problem} `quota_exceeded`
     * @throws {NoRowAffected} when one of the first statements affected no row, though it had to
     */
    async commit(firstStatements: readonly BoundStatement[]): Promise<boolean> {
      const changes = bind()
      if (changes.length + firstStatements.length === 0) return true
      try {
        await withQuota(store, userId, computeGrowth(), () =>
          store.atomically(...firstStatements, ...changes)
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

const isOfFamily = (row: TodoRow, { listId, parentId }: Family): boolean =>
  row.listId === listId && row.parentId === parentId

export type Draft = ReturnType<typeof createDraft>
