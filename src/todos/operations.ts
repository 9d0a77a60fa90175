import type { Store } from '../db/store.ts'
import type { Precondition } from '../http/preconditions.ts'
import { Problem, validationFailed } from '../problems/problem.ts'
import {
  applyPatch,
  defaults,
  findPatchError,
  type NewTodo,
  type TodoContent,
  type TodoPatch
} from './content/content.ts'
import { createContentChanges } from './content/content-changes.ts'
import { applyPlacementPatch, INBOX, type PlacementPatch } from './content/placement.ts'
import { assertServerFields, type ServerFields } from './content/server-fields.ts'
import type { Draft } from './draft/draft.ts'
import type { MoveTarget } from './order/move-target.ts'
import { createMoves } from './order/moves.ts'
import { resolveSeries } from './recurrence/recurring.ts'
import { createSeriesOperations } from './recurrence/series-operations.ts'
import type { TodoRow } from './tables.ts'
import { INBOX_ROW, isListed, type Todo, toContent, toRow, toTodo } from './todo.ts'
import { putInPlace, resolvePlacement } from './tree/placement.ts'
import { createTrash } from './tree/trash.ts'

/** Whose todos are changed, and in which session. */
export interface TodosEditor {
  readonly userId: string
  /** Null where no request is the cause. */
  readonly sessionId: string | null
}

/** The operations on a user's todos, on a draft. Each returns the todo as the operation leaves it. */
export function createOperations(store: Store, { userId, sessionId }: TodosEditor, draft: Draft) {
  const { now, newId } = store
  const moves = createMoves(store, draft)
  const trash = createTrash(store, draft, moves)
  const series = createSeriesOperations({
    store,
    draft,
    sessionId,
    now,
    newRevision: newId,
    addCompletion: draft.add
  })

  const { change, completeDescendants } = createContentChanges(store, draft, series)

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
      const fullContent = { ...defaults, ...content }
      const series = resolveSeries(undefined, fullContent, { namesRepeat: true, isAnchor: true, pointer })
      const row = toRow(fullContent, {
        id: givenId ?? revision,
        userId,
        position,
        placement,
        series,
        now: now()
      })
      const created = { ...row, revision }
      return placement.parentId === ''
        ? put(created)
        : toTodo(await putInPlace(draft, store, created, placement))
    },

    /** @param pointer to the patch in the body */
    async patch(id: string, patch: TodoPatch, precondition?: Precondition, pointer = ''): Promise<Todo> {
      const { listId, parentId, children, timeZone, ...changes } = patch
      const error = findPatchError(patch)
      if (error) throw validationFailed(error)
      const loaded = await loadRow(id, isListed, precondition)
      const row = children ? await completeDescendants(loaded, timeZone) : loaded
      const content = applyPatch(toContent(row), changes)
      const namesRepeat = changes.repeat !== undefined
      const series = resolveSeries(row, content, {
        namesRepeat,
        isAnchor: namesRepeat && changes.due !== undefined,
        pointer
      })
      return change(row, { ...content, series }, { listId, parentId }, { pointer, timeZone })
    },

    /** @param serverFields what the client says of the state that is replaced */
    async replace(
      id: string,
      {
        parentId = null,
        listId = parentId === null ? null : undefined,
        ...content
      }: TodoContent & PlacementPatch,
      precondition?: Precondition,
      serverFields: ServerFields = {}
    ): Promise<Todo> {
      const row = await loadRow(id, isListed, precondition)
      assertServerFields(toTodo(row), serverFields)
      // Whoever writes the whole todo after its date was moved does not mean to begin the series anew.
      const series = resolveSeries(row, content, { namesRepeat: true, isAnchor: false, pointer: '' })
      return change(row, { ...content, series }, { listId, parentId })
    },

    /** Goes on to the next occurrence of a recurring todo without completing the present one. */
    async skip(id: string, precondition?: Precondition): Promise<Todo> {
      return series.skip(await loadRow(id, isListed, precondition))
    },

    /** Takes the latest completion of a recurring todo back. */
    async takeBackCompletion(id: string, completionId: string, precondition?: Precondition): Promise<Todo> {
      return series.takeBack(await loadRow(id, isListed, precondition), completionId)
    },

    /** Moves a todo among its siblings, or to others. A todo that is there already stays unchanged. */
    async move(id: string, target: MoveTarget, precondition?: Precondition): Promise<Todo> {
      const row = await loadRow(id, isListed, precondition)
      return toTodo(await moves.move(row, target))
    },

    countChanges: draft.countChanges,

    /** A todo that an operation has returned, as later operations have left it; as it was last, if it is deleted for good. */
    async refresh(todo: Todo): Promise<Todo> {
      const row = await draft.find(todo.id)
      return row ? { ...toTodo(row), ...(todo.completed && { completed: todo.completed }) } : todo
    },

    /** Moves a todo to the trash, with all subtasks that are not there. */
    remove: async (id: string, precondition?: Precondition): Promise<Todo> =>
      toTodo(await trash.remove(await loadRow(id, isListed, precondition))),

    /**
     * Moves a todo from the trash back to its place, with the subtasks that were deleted with it. A todo that is not in the
     * trash stays unchanged.
     */
    restore: async (id: string, precondition?: Precondition): Promise<Todo> =>
      toTodo(await trash.restore(await loadRow(id, isStored, precondition))),

    /** Deletes a todo of the list or the trash for good, with all its subtasks. */
    purge: async (id: string, precondition?: Precondition): Promise<Todo> =>
      toTodo(await trash.purge(await loadRow(id, isStored, precondition))),

    /** Does the same with several todos, of which some may be subtasks of others. @returns the todos as they are then, or were last */
    removeAll: (ids: readonly string[], precondition?: Precondition) =>
      changeAll(ids, isListed, trash.remove, precondition),
    restoreAll: (ids: readonly string[], precondition?: Precondition) =>
      changeAll(ids, isStored, trash.restore, precondition),
    purgeAll: (ids: readonly string[], precondition?: Precondition) =>
      changeAll(ids, isStored, trash.purge, precondition)
  }

  /** Changes todos, each before its subtasks: those go along with it, or are changed after it. */
  async function changeAll(
    ids: readonly string[],
    isEligible: (row: TodoRow) => boolean,
    changeRow: (row: TodoRow) => Promise<TodoRow>,
    precondition?: Precondition
  ): Promise<Todo[]> {
    const rows: TodoRow[] = []
    for (const id of ids) rows.push(await loadRow(id, isEligible, precondition))
    for (const { id } of await trash.sortByDepth(rows)) {
      const row = await draft.find(id)
      if (row && isEligible(row)) await changeRow(row)
    }
    const changedRows = await Promise.all(rows.map(async row => (await draft.find(row.id)) ?? row))
    return changedRows.map(toTodo)
  }
}

export type Operations = ReturnType<typeof createOperations>

/** Eligible is what is in the list or in the trash. */
const isStored = () => true

const todoExists = (pointer: string, detail: string) =>
  new Problem('todo_exists', { errors: [{ pointer, detail }] })

const TAKEN_ID = 'is the id of a todo that is there already; leave it out, or give another'
const REMOVED_ID =
  'is the id of a todo that the same batch deletes for good; create it in another request after that, or give another id'
