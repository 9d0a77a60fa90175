import type { Store } from '../db/store.ts'
import type { Precondition } from '../http/preconditions.ts'
import { Problem, validationFailed } from '../problems/problem.ts'
import { assertServerFields, type ServerFields } from './content/server-fields.ts'
import { type Draft, isBefore, type ListPosition } from './draft.ts'
import { positionAfter, positionBefore, positionBetween } from './position.ts'
import type { TodoRow } from './tables.ts'
import {
  applyPatch,
  isListed,
  nextUpdateTime,
  replaceContent,
  type Todo,
  type TodoContent,
  type TodoPatch,
  toContent,
  toRow,
  toTodo
} from './todo.ts'

/** Where a todo is to be moved. */
export type MoveTarget =
  | { readonly after: string }
  | { readonly before: string }
  | { readonly to: 'top' | 'bottom' }

/** Between which todos: without the one it is at the top, without the other at the bottom. */
interface Gap {
  readonly above: ListPosition | undefined
  readonly below: ListPosition | undefined
}

/** Comes after every id. */
const MAX_ID = '~'

/** What can be done to a user's todos, in a draft; each answers with the todo as it is then. */
export function createOperations({ now, newId }: Pick<Store, 'now' | 'newId'>, userId: string, draft: Draft) {
  /** The todo, if it exists and its state is one that the caller expects. */
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

  async function loadAnchor(id: string, member: string) {
    const row = await draft.find(id)
    if (row && isListed(row)) return row
    throw validationFailed({ pointer: `/${member}`, detail: 'names no todo of the list' })
  }

  /** The todos that are to be the neighbours. */
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
   * Makes room between a todo and the one below that has the same position: that one, and all that have it, too, go a
   * little further down.
   * @returns the one that is below now
   */
  async function makeRoom(movedId: string, above: ListPosition): Promise<ListPosition | undefined> {
    const rowsAtSamePosition: TodoRow[] = []
    let below = await draft.below(movedId, above)
    for (; below?.position === above.position; below = await draft.below(movedId, below)) {
      const row = await draft.find(below.id)
      // It may have been moved or deleted since its place was read.
      const isStillThere = row !== undefined && isListed(row) && row.position === above.position
      if (isStillThere) rowsAtSamePosition.push(row)
    }
    let last = above
    for (const row of rowsAtSamePosition)
      last = put({ ...row, position: choosePosition(last, below), revision: newId() })
    return draft.below(movedId, above)
  }

  /** The position that a todo had, or one right below, if another has it now and there is room. */
  async function findRestorePosition({ id, position }: ListPosition): Promise<string> {
    const next = await draft.below(id, { position, id: '' })
    if (next?.position !== position) return position
    const below = await draft.below(id, { position, id: MAX_ID })
    return findPosition(position, below?.position, newId()) ?? position
  }

  /** @throws {Problem} `todo_place_exhausted` */
  function choosePosition(above: ListPosition | undefined, below: ListPosition | undefined): string {
    const position = findPosition(above?.position, below?.position, newId())
    if (!position) throw new Problem('todo_place_exhausted')
    return position
  }

  return {
    /** At the bottom of the list. */
    async create(content: TodoContent): Promise<Todo> {
      const id = newId()
      return put(toRow(content, { id, userId, position: await draft.findBottomPosition(id), now: now() }))
    },

    async patch(id: string, patch: TodoPatch, precondition?: Precondition): Promise<Todo> {
      const row = await loadRow(id, isListed, precondition)
      return put(replaceContent(row, applyPatch(toContent(row), patch), now(), newId()))
    },

    /** @param serverFields what the caller says of the state that is replaced, beside the content */
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

    async move(id: string, target: MoveTarget, precondition?: Precondition): Promise<Todo> {
      const row = await loadRow(id, isListed, precondition)
      if (Object.values(target).includes(id)) return toTodo(row)
      const gap = await findGap(id, target)
      if (isInGap(gap, row)) return toTodo(row)
      const { above } = gap
      const hasNoRoom = above !== undefined && above.position === gap.below?.position
      const below = hasNoRoom ? await makeRoom(id, above) : gap.below
      return put({ ...row, position: choosePosition(above, below), revision: newId() })
    },

    /** Into the trash. */
    async remove(id: string, precondition?: Precondition): Promise<Todo> {
      const row = await loadRow(id, isListed, precondition)
      const deletedAt = nextUpdateTime(row, now())
      return put({ ...row, deletedAt, updatedAt: deletedAt, revision: newId() })
    },

    /** Out of the trash, to where it was; one that is not there stays as it is. */
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

    /** For good, from the list or the trash. */
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

function findPosition(above: string | undefined, below: string | undefined, id: string): string | undefined {
  if (above && below) return positionBetween(above, below, id)
  if (below) return positionBefore(below, id)
  // A todo that is alone in the list is where it is to go already.
  return positionAfter(above as string, id)
}
