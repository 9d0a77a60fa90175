import type { Store } from '../../db/store.ts'
import { listStatements } from '../lists/statements.ts'
import { settleLists } from '../lists/transitions/settle.ts'
import { isGone } from '../lists/transitions/state.ts'
import { todoStatements } from '../statements.ts'
import type { ListRow, TodoRow } from '../tables.ts'
import { isListed, type RowChange } from '../todo.ts'

/**
 * The todos that a draft has read: as they are stored, and as the draft has them now. Each is read once.
 * @param isRetry whether an earlier draft of the same changes failed to commit
 */
export function createDraftRows(store: Store, userId: string, isRetry: boolean) {
  const originalRows = new Map<string, TodoRow | undefined>()
  const currentRows = new Map<string, TodoRow | undefined>()
  const lists = new Map<string, ListRow | undefined>()
  const loadedTrees = new Set<string>()

  /** The list with an id, in the trash or not. */
  async function findList(id: string): Promise<ListRow | undefined> {
    if (!lists.has(id)) {
      const [list] = await listStatements(store).find.execute({ id, userId })
      lists.set(id, list)
    }
    return lists.get(id)
  }

  /** Takes a stored row into the draft. */
  async function load(id: string, row: TodoRow | undefined): Promise<TodoRow | undefined> {
    const loaded = row && (await withListState(row))
    originalRows.set(id, loaded)
    currentRows.set(id, loaded)
    return loaded
  }

  /**
   * The todos of a list that was deleted are in the trash as the list is.
   * @returns undefined for a todo that is gone with its list
   */
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

  /** Takes stored rows into the draft, but for those that it has already. */
  async function loadMissing(rows: readonly TodoRow[]): Promise<void> {
    for (const row of rows) if (!currentRows.has(row.id)) await load(row.id, row)
  }

  return {
    findList,
    loadMissing,

    /** The todo, in the list or in the trash; undefined if there is none. */
    async find(id: string): Promise<TodoRow | undefined> {
      if (currentRows.has(id)) return currentRows.get(id)
      const [row] = await todoStatements(store).find.execute({ id, userId })
      return load(id, row)
    },

    /** The todos of a tree as the draft has them, without the one at its top: those in the trash, too. */
    async findTree(rootId: string): Promise<TodoRow[]> {
      if (!loadedTrees.has(rootId))
        await loadMissing(await todoStatements(store).findTree.execute({ userId, rootId }))
      loadedTrees.add(rootId)
      return [...currentRows.values()].flatMap(row => (row?.rootId === rootId ? row : []))
    },

    /** Whether the draft deletes a stored todo with the id. Until the commit no other todo can have it. */
    isRemoved: (id: string): boolean =>
      originalRows.get(id) !== undefined && currentRows.get(id) === undefined,

    /** How many todos the draft knows of, those that it has removed and those that are not there included. */
    countAll: (): number => currentRows.size,
    has: (id: string): boolean => currentRows.has(id),
    set: (id: string, row: TodoRow | undefined): void => void currentRows.set(id, row),
    /** The todos as the draft has them. */
    getAll: (): TodoRow[] => [...currentRows.values()].filter(row => row !== undefined),

    /** What the draft changes, in the order of the ids. */
    getChanges: (): (RowChange & { readonly id: string })[] =>
      Array.from(currentRows, ([id, after]) => ({ id, before: originalRows.get(id), after }))
        .filter(({ before, after }) => before !== after)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
  }
}

export type DraftRows = ReturnType<typeof createDraftRows>
