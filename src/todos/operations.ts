import type { TodoRow } from '../db/schema.ts'
import type { Store } from '../db/store.ts'
import { invalid, Problem } from '../errors.ts'
import type { Precondition } from '../preconditions.ts'
import { type Draft, isBefore, type Point } from './draft.ts'
import { after, before, between } from './position.ts'
import { assertPresent, type Present } from './present.ts'
import {
  changeTimeOf,
  contentOf,
  isListed,
  merged,
  rewritten,
  rowOf,
  type Todo,
  type TodoContent,
  type TodoPatch,
  todoOf
} from './todo.ts'

/** Where a todo is to be moved. */
export type Place =
  | { readonly after: string }
  | { readonly before: string }
  | { readonly to: 'top' | 'bottom' }

/** Between which todos: without the one it is at the top, without the other at the bottom. */
interface Gap {
  readonly above: Point | undefined
  readonly below: Point | undefined
}

/** Comes after every id. */
const LAST = '~'

/** What can be done to a user's todos, in a draft; each answers with the todo as it is then. */
export function operationsOf({ now, newId }: Pick<Store, 'now' | 'newId'>, userId: string, draft: Draft) {
  /** The todo, if it exists and its state is one that the caller expects. */
  async function expected(id: string, isFit: (row: TodoRow) => boolean, precondition?: Precondition) {
    const row = await draft.find(id)
    if (!row || !isFit(row)) throw new Problem('todo_not_found')
    precondition?.(todoOf(row))
    return row
  }

  function put(row: TodoRow): Todo {
    draft.put(row)
    return todoOf(row)
  }

  async function anchor(id: string, member: string) {
    const row = await draft.find(id)
    if (row && isListed(row)) return row
    throw invalid({ pointer: `/${member}`, detail: 'names no todo of the list' })
  }

  /** The todos that are to be the neighbours. */
  async function gapAt(moved: string, place: Place): Promise<Gap> {
    if ('after' in place) {
      const above = await anchor(place.after, 'after')
      return { above, below: await draft.below(moved, above) }
    }
    if ('before' in place) {
      const below = await anchor(place.before, 'before')
      return { above: await draft.above(moved, below), below }
    }
    if (place.to === 'top') return { above: undefined, below: await draft.below(moved) }
    return { above: await draft.above(moved), below: undefined }
  }

  /**
   * Makes room between a todo and the one below that has the same position: that one, and all that have it, too, go a
   * little further down.
   * @returns the one that is below now
   */
  async function makeRoom(moved: string, above: Point): Promise<Point | undefined> {
    const equals: TodoRow[] = []
    let below = await draft.below(moved, above)
    for (; below?.position === above.position; below = await draft.below(moved, below)) {
      const row = await draft.find(below.id)
      // It may have been moved or deleted since its place was read.
      const isThere = row !== undefined && isListed(row) && row.position === above.position
      if (isThere) equals.push(row)
    }
    let last = above
    for (const row of equals) last = put({ ...row, position: placeIn(last, below), revision: newId() })
    return draft.below(moved, above)
  }

  /** The position that a todo had, or one right below, if another has it now and there is room. */
  async function placeAgain({ id, position }: Point): Promise<string> {
    const next = await draft.below(id, { position, id: '' })
    if (next?.position !== position) return position
    const below = await draft.below(id, { position, id: LAST })
    return positionIn(position, below?.position, newId()) ?? position
  }

  /** @throws {Problem} `todo_place_exhausted` */
  function placeIn(above: Point | undefined, below: Point | undefined): string {
    const position = positionIn(above?.position, below?.position, newId())
    if (!position) throw new Problem('todo_place_exhausted')
    return position
  }

  return {
    /** At the bottom of the list. */
    async create(content: TodoContent): Promise<Todo> {
      const id = newId()
      return put(rowOf(content, { id, userId, position: await draft.bottom(id), now: now() }))
    },

    async patch(id: string, patch: TodoPatch, precondition?: Precondition): Promise<Todo> {
      const row = await expected(id, isListed, precondition)
      return put(rewritten(row, merged(contentOf(row), patch), now(), newId()))
    },

    /** @param present what the caller says of the state that is replaced, beside the content */
    async replace(
      id: string,
      content: TodoContent,
      precondition?: Precondition,
      present: Present = {}
    ): Promise<Todo> {
      const row = await expected(id, isListed, precondition)
      assertPresent(todoOf(row), present)
      return put(rewritten(row, content, now(), newId()))
    },

    async move(id: string, place: Place, precondition?: Precondition): Promise<Todo> {
      const row = await expected(id, isListed, precondition)
      if (Object.values(place).includes(id)) return todoOf(row)
      const gap = await gapAt(id, place)
      if (isIn(gap, row)) return todoOf(row)
      const { above } = gap
      const isShut = above !== undefined && above.position === gap.below?.position
      const below = isShut ? await makeRoom(id, above) : gap.below
      return put({ ...row, position: placeIn(above, below), revision: newId() })
    },

    /** Into the trash. */
    async remove(id: string, precondition?: Precondition): Promise<Todo> {
      const row = await expected(id, isListed, precondition)
      const deletedAt = changeTimeOf(row, now())
      return put({ ...row, deletedAt, updatedAt: deletedAt, revision: newId() })
    },

    /** Out of the trash, to where it was; one that is not there stays as it is. */
    async restore(id: string, precondition?: Precondition): Promise<Todo> {
      const row = await expected(id, () => true, precondition)
      if (isListed(row)) return todoOf(row)
      const position = await placeAgain(row)
      return put({
        ...row,
        position,
        deletedAt: null,
        updatedAt: changeTimeOf(row, now()),
        revision: newId()
      })
    },

    /** For good, from the list or the trash. */
    async purge(id: string, precondition?: Precondition): Promise<Todo> {
      const row = await expected(id, () => true, precondition)
      draft.remove(id)
      return todoOf(row)
    }
  }
}

export type Operations = ReturnType<typeof operationsOf>

const isIn = ({ above, below }: Gap, row: Point): boolean =>
  (!above || isBefore(above, row)) && (!below || isBefore(row, below))

function positionIn(above: string | undefined, below: string | undefined, id: string): string | undefined {
  if (above && below) return between(above, below, id)
  if (below) return before(below, id)
  // A todo that is alone in the list is where it is to go already.
  return after(above as string, id)
}
