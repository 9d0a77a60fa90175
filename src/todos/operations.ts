import type { Store } from '../db/store.ts'
import type { Precondition } from '../http/preconditions.ts'
import { Problem, validationFailed } from '../problems/problem.ts'
import { applyPatch, defaults, type NewTodo, type TodoContent, type TodoPatch } from './content/content.ts'
import { assertServerFields, type ServerFields } from './content/server-fields.ts'
import type { Draft } from './draft.ts'
import { AFTER_ALL, BEFORE_ALL, isBefore, type ListPosition } from './order/list-position.ts'
import type { MoveTarget } from './order/move-target.ts'
import { positionAfter, positionBefore, positionBetween, spreadPositions } from './order/position.ts'
import type { TodoRow } from './tables.ts'
import { isListed, nextUpdateTime, replaceContent, type Todo, toContent, toRow, toTodo } from './todo.ts'

/** Between which todos: without `above`, the top of the list; without `below`, the bottom. */
interface Gap {
  readonly above: ListPosition | undefined
  readonly below: ListPosition | undefined
}

/** How many todos on each side of a gap move to make room in it: at first few, at last these. */
const REACHES = [4, 16, 64, 256]

/** The operations on a user's todos, on a draft. Each returns the todo as the operation leaves it. */
export function createOperations({ now, newId }: Pick<Store, 'now' | 'newId'>, userId: string, draft: Draft) {
  /** @throws {Problem} `todo_not_found` for a missing todo or an ineligible one, or what the precondition throws */
  async function loadRow(id: string, isEligible: (row: TodoRow) => boolean, precondition?: Precondition) {
    const row = await draft.find(id)
    if (!row || !isEligible(row)) throw new Problem('todo_not_found')
    precondition?.(toTodo(row))
    return row
  }

  function put(row: TodoRow): Todo {
    draft.put(row)
    return toTodo(row)
  }

  const putAt = (row: TodoRow, position: string): Todo => put({ ...row, position, revision: newId() })

  async function loadAnchor(id: string, member: string) {
    const row = await draft.find(id)
    if (row && isListed(row)) return row
    throw validationFailed({ pointer: `/${member}`, detail: 'names no todo of the list' })
  }

  /** The todos between which a todo moves. */
  async function findGap(movedId: string, target: MoveTarget): Promise<Gap> {
    if ('after' in target) {
      const above = await loadAnchor(target.after, 'after')
      return { above, below: await draft.below(movedId, above) }
    }
    if ('before' in target) {
      const below = await loadAnchor(target.before, 'before')
      return { above: await draft.above(movedId, below), below }
    }
    if (target.to === 'top') return { above: undefined, below: await draft.below(movedId) }
    return { above: await draft.above(movedId), below: undefined }
  }

  /**
   * Moves a todo into a gap that has no position left: the todos around the gap are spread anew, with equal distances.
   * @param above the todo above the gap
   * @throws {Problem} `validation_failed` when hundreds of todos lie side by side without a position in between, which only
   * an import of such positions brings about
   */
  async function moveIntoFullGap(moved: TodoRow, above: ListPosition, target: MoveTarget): Promise<Todo> {
    for (const reach of REACHES) {
      const { previous, rows, next } = await draft.readAround(moved.id, above, reach)
      const first = rows.reduce((first, row) => (isBefore(row, first) ? row : first), above)
      const last = rows.reduce((last, row) => (isBefore(last, row) ? row : last), above)
      const positionAt = spreadPositions(
        previous?.position ?? positionBefore(first.position, newId()),
        next?.position ?? positionAfter(last.position, newId()),
        rows.length + 1
      )
      if (!positionAt) continue
      const gapIndex = rows.filter(row => !isBefore(above, row)).length
      for (const [index, row] of rows.entries()) putAt(row, positionAt(index < gapIndex ? index : index + 1))
      return putAt(moved, positionAt(gapIndex))
    }
    const [member] = Object.keys(target)
    throw validationFailed({ pointer: `/${member}`, detail: FULL_GAP })
  }

  /** The position that a restored todo had, or a position right below, if another todo has it now and there is room. */
  async function findRestorePosition({ id, position }: ListPosition): Promise<string> {
    const next = await draft.below(id, { position, id: BEFORE_ALL })
    if (next?.position !== position) return position
    const below = await draft.below(id, { position, id: AFTER_ALL })
    if (!below) return positionAfter(position, newId())
    return positionBetween(position, below.position, newId()) ?? position
  }

  /** @param pointer to the id in the body */
  async function assertFreeId(id: string, pointer: string): Promise<void> {
    if (await draft.find(id)) throw todoExists(pointer, TAKEN_ID)
    if (draft.isRemoved(id)) throw todoExists(pointer, REMOVED_ID)
  }

  return {
    /**
     * Creates a todo at the bottom of the list.
     * @param pointer to the new todo in the body
     * @throws {Problem} `todo_exists` when a todo has the id that the client has chosen, or the draft deletes one that has it
     */
    async create({ id: givenId, ...content }: NewTodo, pointer = ''): Promise<Todo> {
      if (givenId !== undefined) await assertFreeId(givenId, `${pointer}/id`)
      // An id that was given says nothing of the time, and the state of a todo that had it before had another revision.
      const revision = newId()
      const position = await draft.findBottomPosition(revision)
      const row = toRow(
        { ...defaults, ...content },
        { id: givenId ?? revision, userId, position, now: now() }
      )
      return put({ ...row, revision })
    },

    async patch(id: string, patch: TodoPatch, precondition?: Precondition): Promise<Todo> {
      const row = await loadRow(id, isListed, precondition)
      return put(replaceContent(row, applyPatch(toContent(row), patch), now(), newId()))
    },

    /** @param serverFields what the client says of the state that is replaced */
    async replace(
      id: string,
      content: TodoContent,
      precondition?: Precondition,
      serverFields: ServerFields = {}
    ): Promise<Todo> {
      const row = await loadRow(id, isListed, precondition)
      assertServerFields(toTodo(row), serverFields)
      return put(replaceContent(row, content, now(), newId()))
    },

    /** Moves a todo in the list. A todo that is there already stays unchanged. */
    async move(id: string, target: MoveTarget, precondition?: Precondition): Promise<Todo> {
      const row = await loadRow(id, isListed, precondition)
      if (Object.values(target).includes(id)) return toTodo(row)
      const gap = await findGap(id, target)
      if (isInGap(gap, row)) return toTodo(row)
      const { above, below } = gap
      // A todo that is alone in the list is in the gap already.
      if (!above) return putAt(row, positionBefore((below as ListPosition).position, newId()))
      if (!below) return putAt(row, positionAfter(above.position, newId()))
      const position = positionBetween(above.position, below.position, newId())
      return position ? putAt(row, position) : moveIntoFullGap(row, above, target)
    },

    /** Moves a todo to the trash. */
    async remove(id: string, precondition?: Precondition): Promise<Todo> {
      const row = await loadRow(id, isListed, precondition)
      const deletedAt = nextUpdateTime(row, now())
      return put({ ...row, deletedAt, updatedAt: deletedAt, revision: newId() })
    },

    /** Moves a todo from the trash back to its place. A todo that is not in the trash stays unchanged. */
    async restore(id: string, precondition?: Precondition): Promise<Todo> {
      const row = await loadRow(id, () => true, precondition)
      if (isListed(row)) return toTodo(row)
      const position = await findRestorePosition(row)
      return put({
        ...row,
        position,
        deletedAt: null,
        updatedAt: nextUpdateTime(row, now()),
        revision: newId()
      })
    },

    /** Deletes a todo of the list or the trash for good. */
    async purge(id: string, precondition?: Precondition): Promise<Todo> {
      const row = await loadRow(id, () => true, precondition)
      draft.remove(id)
      return toTodo(row)
    }
  }
}

export type Operations = ReturnType<typeof createOperations>

const isInGap = ({ above, below }: Gap, row: ListPosition): boolean =>
  (!above || isBefore(above, row)) && (!below || isBefore(row, below))

const todoExists = (pointer: string, detail: string) =>
  new Problem('todo_exists', { errors: [{ pointer, detail }] })

const TAKEN_ID = 'is the id of a todo that is there already; leave it out, or give another'
const REMOVED_ID =
  'is the id of a todo that the same batch deletes for good; create it in another request after that, or give another id'

const FULL_GAP =
  'names a todo with too many others right beside it; move the todo elsewhere, or move some of those first'
