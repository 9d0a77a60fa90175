import type { Store } from '../db/store.ts'
import type { Precondition } from '../http/preconditions.ts'
import { Problem } from '../problems/problem.ts'
import { applyPatch, defaults, type NewTodo, type TodoContent, type TodoPatch } from './content/content.ts'
import { applyPlacementPatch, INBOX, type PlacementPatch } from './content/placement.ts'
import { assertServerFields, type ServerFields } from './content/server-fields.ts'
import type { Draft } from './draft.ts'
import type { MoveTarget } from './order/move-target.ts'
import { createMoves } from './order/moves.ts'
import type { TodoRow } from './tables.ts'
import {
  INBOX_ROW,
  isListed,
  nextUpdateTime,
  type RowPlacement,
  replaceContent,
  type Todo,
  toContent,
  toPlacement,
  toRow,
  toTodo
} from './todo.ts'
import { isSamePlacement, putInPlace, resolvePlacement } from './tree/placement.ts'
import { findDescendants } from './tree/tree.ts'

/** The operations on a user's todos, on a draft. Each returns the todo as the operation leaves it. */
export function createOperations(store: Pick<Store, 'now' | 'newId'>, userId: string, draft: Draft) {
  const { now, newId } = store
  const moves = createMoves(store, draft)

  /** @throws {Problem} `todo_not_found` for a missing todo or an ineligible one, or what the precondition throws */
  async function loadRow(id: string, isEligible: (row: TodoRow) => boolean, precondition?: Precondition) {
    const row = await draft.find(id)
    if (!row || !isEligible(row)) throw new Problem('todo_not_found')
    precondition?.(toTodo(row))
    return row
  }

  async function put(row: TodoRow): Promise<Todo> {
    await draft.put(row)
    return toTodo(row)
  }

  /** Gives a todo another content, and another place where the request names one. */
  async function change(row: TodoRow, content: TodoContent, requested: PlacementPatch): Promise<Todo> {
    const changed = replaceContent(row, content, now(), newId())
    const placement = await resolveChange(row, requested)
    if (isSamePlacement(row, placement)) return put(changed)
    const updatedAt = nextUpdateTime(row, now())
    return toTodo(await putInPlace(draft, store, { ...changed, updatedAt, revision: newId() }, placement))
  }

  /** Where a todo is to be; where it is, as far as the request says so. */
  async function resolveChange(row: TodoRow, requested: PlacementPatch): Promise<RowPlacement> {
    const current = toPlacement(row)
    const requestedPlacement = applyPlacementPatch(current, requested)
    const { listId = current.listId, parentId } = requestedPlacement
    const isPresent = listId === current.listId && parentId === current.parentId
    return isPresent ? row : resolvePlacement(draft, row, requestedPlacement)
  }

  /** @param pointer to the id in the body */
  async function assertFreeId(id: string, pointer: string): Promise<void> {
    if (await draft.find(id)) throw todoExists(pointer, TAKEN_ID)
    if (draft.isRemoved(id)) throw todoExists(pointer, REMOVED_ID)
  }

  return {
    /**
     * Creates a todo at the bottom of its siblings.
     * @param pointer to the new todo in the body
     * @throws {Problem} `todo_exists` when a todo has the id that the client has chosen, or the draft deletes one that has it
     */
    async create({ id: givenId, listId, parentId, ...content }: NewTodo, pointer = ''): Promise<Todo> {
      if (givenId !== undefined) await assertFreeId(givenId, `${pointer}/id`)
      const requested = applyPlacementPatch(INBOX, { listId, parentId })
      const placement =
        listId || parentId ? await resolvePlacement(draft, undefined, requested, pointer) : INBOX_ROW
      // An id that was given says nothing of the time, and the state of a todo that had it before had another revision.
      const revision = newId()
      const position = await draft.findBottomPosition(placement, revision)
      const row = toRow(
        { ...defaults, ...content },
        { id: givenId ?? revision, userId, position, placement, now: now() }
      )
      const created = { ...row, revision }
      return placement.parentId === ''
        ? put(created)
        : toTodo(await putInPlace(draft, store, created, placement))
    },

    async patch(
      id: string,
      { listId, parentId, ...patch }: TodoPatch,
      precondition?: Precondition
    ): Promise<Todo> {
      const row = await loadRow(id, isListed, precondition)
      return change(row, applyPatch(toContent(row), patch), { listId, parentId })
    },

    /** @param serverFields what the client says of the state that is replaced */
    async replace(
      id: string,
      { listId = null, parentId = null, ...content }: TodoContent & PlacementPatch,
      precondition?: Precondition,
      serverFields: ServerFields = {}
    ): Promise<Todo> {
      const row = await loadRow(id, isListed, precondition)
      assertServerFields(toTodo(row), serverFields)
      return change(row, content, { listId, parentId })
    },

    /** Moves a todo among its siblings, or to others. A todo that is there already stays unchanged. */
    async move(id: string, target: MoveTarget, precondition?: Precondition): Promise<Todo> {
      const row = await loadRow(id, isListed, precondition)
      return toTodo(await moves.move(row, target))
    },

    /** Moves a todo to the trash, with all subtasks that are not there. */
    async remove(id: string, precondition?: Precondition): Promise<Todo> {
      const row = await loadRow(id, isListed, precondition)
      const descendants = row.childCount === 0 ? [] : await findDescendants(draft, row)
      const deletedAt = nextUpdateTime(row, now())
      for (const descendant of descendants.filter(isListed))
        await draft.put({
          ...descendant,
          deletedAt,
          deletedWith: id,
          updatedAt: nextUpdateTime(descendant, now()),
          revision: newId()
        })
      return put({ ...row, deletedAt, deletedWith: id, updatedAt: deletedAt, revision: newId() })
    },

    /**
     * Moves a todo from the trash back to its place, with the subtasks that were deleted with it. Without its parent it is
     * nobody's subtask, and without its list it is in the inbox. A todo that is not in the trash stays unchanged.
     */
    async restore(id: string, precondition?: Precondition): Promise<Todo> {
      const row = await loadRow(id, () => true, precondition)
      if (isListed(row)) return toTodo(row)
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
      const position = await moves.findRestorePosition({ ...row, ...placement })
      const current = (await draft.find(id)) ?? row
      return toTodo(
        await putInPlace(
          draft,
          store,
          { ...current, ...restored, position, updatedAt: nextUpdateTime(row, now()), revision: newId() },
          placement
        )
      )
    },

    /** Deletes a todo of the list or the trash for good, with all its subtasks. */
    async purge(id: string, precondition?: Precondition): Promise<Todo> {
      const row = await loadRow(id, () => true, precondition)
      for (const descendant of await findDescendants(draft, row)) await draft.remove(descendant.id)
      await draft.remove(id)
      return toTodo(row)
    }
  }

  /** Where a todo was, as far as that is still there. */
  async function findRestorePlacement(row: TodoRow) {
    const parent = row.parentId === '' ? undefined : await draft.find(row.parentId)
    if (parent && isListed(parent)) return row
    const list = row.listId === '' ? undefined : await draft.findList(row.listId)
    if (!list || list.deletedAt) return INBOX_ROW
    return { listId: list.id, parentId: '', rootId: '', isArchived: list.archivedAt !== null }
  }
}

export type Operations = ReturnType<typeof createOperations>

const todoExists = (pointer: string, detail: string) =>
  new Problem('todo_exists', { errors: [{ pointer, detail }] })

const TAKEN_ID = 'is the id of a todo that is there already; leave it out, or give another'
const REMOVED_ID =
  'is the id of a todo that the same batch deletes for good; create it in another request after that, or give another id'
