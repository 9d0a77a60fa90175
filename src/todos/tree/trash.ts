import type { Store } from '../../db/store.ts'
import type { Draft } from '../draft/draft.ts'
import { archivesTodos } from '../lists/transitions/state.ts'
import type { createMoves } from '../order/moves.ts'
import type { TodoRow } from '../tables.ts'
import { INBOX_ROW, isListed, nextUpdateTime, type RowPlacement } from '../todo.ts'
import { putInPlace, toChildPlacement } from './placement.ts'
import { findDescendants, getDepth } from './tree.ts'

/** The trash of a draft, to which todos go with their subtasks. */
export function createTrash(
  { now, newId }: Pick<Store, 'now' | 'newId'>,
  draft: Draft,
  { findRestorePosition }: Pick<ReturnType<typeof createMoves>, 'findRestorePosition'>
) {
  /** Moves a todo to the trash, with all subtasks that are not there. */
  async function remove(row: TodoRow): Promise<TodoRow> {
    const descendants = row.childCount === 0 ? [] : await findDescendants(draft, row)
    const deletedAt = nextUpdateTime(row, now())
    for (const descendant of descendants.filter(isListed))
      await draft.put({
        ...descendant,
        deletedAt,
        deletedWith: row.id,
        updatedAt: nextUpdateTime(descendant, now()),
        revision: newId()
      })
    const removed = { ...row, deletedAt, deletedWith: row.id, updatedAt: deletedAt, revision: newId() }
    await draft.put(removed)
    return removed
  }

  /**
   * Moves a todo from the trash back to its place, with the subtasks that were deleted with it. Without its parent it is
   * nobody's subtask, and without its list it is in the inbox. A todo that is not in the trash stays unchanged.
   */
  async function restore(row: TodoRow): Promise<TodoRow> {
    if (isListed(row)) return row
    const { deletedWith } = row
    const restored = { deletedAt: null, deletedWith: '' }
    for (const descendant of await findDescendants(draft, row))
      if (deletedWith !== '' && descendant.deletedWith === deletedWith)
        await draft.put({
          ...descendant,
          ...restored,
          updatedAt: nextUpdateTime(descendant, now()),
          revision: newId()
        })
    const placement = await findRestorePlacement(row)
    const position = await findRestorePosition({ ...row, ...placement })
    const current = (await draft.find(row.id)) ?? row
    const updatedAt = nextUpdateTime(row, now())
    return putInPlace(
      draft,
      { newId },
      { ...current, ...restored, position, updatedAt, revision: newId() },
      placement
    )
  }

  /** Deletes a todo for good, with all its subtasks. */
  async function purge(row: TodoRow): Promise<TodoRow> {
    for (const descendant of await findDescendants(draft, row)) await draft.remove(descendant.id)
    await draft.remove(row.id)
    return row
  }

  /** Where a todo was, as far as that is still there. */
  async function findRestorePlacement(row: TodoRow): Promise<RowPlacement> {
    const parent = row.parentId === '' ? undefined : await draft.find(row.parentId)
    if (parent && isListed(parent)) return toChildPlacement(draft, parent)
    const list = row.listId === '' ? undefined : await draft.findList(row.listId)
    if (!list || list.deletedAt) return INBOX_ROW
    return { listId: list.id, parentId: '', rootId: '', isArchived: archivesTodos(list) }
  }

  /** Sorts todos so that each comes before those below it, which may then go along with it. */
  async function sortByDepth(rows: readonly TodoRow[]): Promise<TodoRow[]> {
    const depths = new Map<TodoRow, number>()
    for (const row of rows)
      depths.set(row, row.rootId === '' ? 0 : getDepth(await draft.findTree(row.rootId), row))
    return [...depths].sort(([, a], [, b]) => a - b).map(([row]) => row)
  }

  return { remove, restore, purge, sortByDepth }
}
