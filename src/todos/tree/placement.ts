import type { Store } from '../../db/store.ts'
import { validationFailed } from '../../problems/problem.ts'
import type { RequestedPlacement } from '../content/placement.ts'
import type { Draft } from '../draft/draft.ts'
import { MAX_DEPTH, MAX_DESCENDANTS } from '../limits.ts'
import { NO_LIST } from '../lists/problems.ts'
import { archivesTodos } from '../lists/transitions/state.ts'
import { NO_TODO } from '../problems.ts'
import type { TodoRow } from '../tables.ts'
import { INBOX_ROW, isListed, type RowPlacement } from '../todo.ts'
import { findDescendants, getDepth, getHeight } from './tree.ts'

/** A part of a placement that cannot be had, and why. */
export interface PlacementFault {
  readonly member: 'listId' | 'parentId'
  readonly detail: string
}

/**
 * Finds the rows that a placement stands for.
 * @param moved the todo that goes there, with its descendants; undefined for a new one
 * @param pointer to the object that has the placement
 * @throws {Problem} `validation_failed` for what `findPlacement` cannot find
 */
export async function resolvePlacement(
  draft: Draft,
  moved: TodoRow | undefined,
  requested: RequestedPlacement,
  pointer = ''
): Promise<RowPlacement> {
  const found = await findPlacement(draft, moved, requested)
  if (!isFault(found)) return found
  throw validationFailed({ pointer: `${pointer}/${found.member}`, detail: found.detail })
}

export const isFault = (found: RowPlacement | PlacementFault): found is PlacementFault => 'detail' in found

/**
 * Finds the rows that a placement stands for.
 * @param moved the todo that goes there, with its descendants; undefined for a new one
 * @param isParent whether a todo may be the parent
 * @returns a fault for a list or a parent that is not there, for a parent in another list, below the todo itself, or with as many
 * levels or subtasks as there may be
 */
export async function findPlacement(
  draft: Draft,
  moved: TodoRow | undefined,
  { listId, parentId }: RequestedPlacement,
  isParent: (row: TodoRow) => boolean = isListed
): Promise<RowPlacement | PlacementFault> {
  if (parentId === null) {
    if (!listId) return INBOX_ROW
    const list = await draft.findList(listId)
    if (!list || list.deletedAt) return { member: 'listId', detail: NO_LIST }
    return { listId, parentId: '', rootId: '', isArchived: archivesTodos(list) }
  }

  const parent = await draft.find(parentId)
  if (!parent || !isParent(parent)) return { member: 'parentId', detail: NO_TODO }
  if (listId !== undefined && (listId ?? '') !== parent.listId)
    return { member: 'parentId', detail: OTHER_LIST }
  const rootId = parent.rootId || parent.id
  const tree = await draft.findTree(rootId)
  const descendants = moved ? await findDescendants(draft, moved) : []
  if (moved && [moved, ...descendants].some(({ id }) => id === parentId))
    return { member: 'parentId', detail: CYCLE }
  if (getDepth(tree, parent) + 1 + getHeight(descendants, moved?.id) > MAX_DEPTH)
    return { member: 'parentId', detail: TOO_DEEP }
  const isFromElsewhere = moved?.rootId !== rootId
  if (isFromElsewhere && tree.length + 1 + descendants.length > MAX_DESCENDANTS)
    return { member: 'parentId', detail: TOO_MANY }
  return toChildPlacement(draft, parent)
}

/** Below a todo, in its list. */
export async function toChildPlacement(draft: Draft, { id, listId, rootId }: TodoRow): Promise<RowPlacement> {
  // The list tells, not the parent, which may not have followed its list yet.
  const list = listId === '' ? undefined : await draft.findList(listId)
  return {
    listId,
    parentId: id,
    rootId: rootId || id,
    isArchived: list !== undefined && archivesTodos(list)
  }
}

/**
 * Puts a todo, and what is below it, into its place. Whatever changes the shape of a tree also changes the row at its top, so of two
 * such changes at a time one is done after the other: together they cannot make a cycle.
 * @param row the todo as it will be, but for its placement
 */
export async function putInPlace(
  draft: Draft,
  { newId }: Pick<Store, 'newId'>,
  row: TodoRow,
  placement: RowPlacement
): Promise<TodoRow> {
  const descendants = await findDescendants(draft, row)
  const moved = { ...row, ...placement }
  await draft.put(moved)
  for (const { id, ...descendant } of descendants)
    await draft.put({
      ...descendant,
      id,
      listId: placement.listId,
      rootId: placement.rootId || row.id,
      isArchived: placement.isArchived,
      revision: newId()
    })
  for (const rootId of new Set([row.rootId, placement.rootId])) await touchRoot(rootId)
  return moved

  async function touchRoot(rootId: string): Promise<void> {
    const root = rootId === '' ? undefined : await draft.find(rootId)
    if (root) await draft.put({ ...root, revision: newId() })
  }
}

export const isSamePlacement = (row: RowPlacement, { listId, parentId }: RowPlacement): boolean =>
  row.listId === listId && row.parentId === parentId

const OTHER_LIST = 'is in another list; leave out listId, or give that of the parent'
const CYCLE = 'is the todo itself, or one of its subtasks'
const TOO_DEEP = `is too deep; subtasks have at most ${MAX_DEPTH} levels`
const TOO_MANY = `would have too many subtasks; a todo has at most ${MAX_DESCENDANTS}, all levels and those in the trash together`
