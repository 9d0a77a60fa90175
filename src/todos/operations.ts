import type { TodoRow } from '../db/schema.ts'
import type { Store } from '../db/store.ts'
import { invalid, Problem } from '../errors.ts'
import type { Precondition } from '../preconditions.ts'
import type { Draft } from './draft.ts'
import { after, before, between } from './position.ts'
import { assertPresent, type Present } from './present.ts'
import {
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
    if (row && isListed(row)) return row.position
    throw invalid({ pointer: `/${member}`, detail: 'names no todo of the list' })
  }

  /** The positions that are to be the neighbours'. */
  async function gapAt(moved: string, place: Place) {
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

  return {
    create: async (content: TodoContent) => put(rowOf(content, { id: newId(), userId, now: now() })),

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
      const { above, below } = await gapAt(id, place)
      if ((!above || above < row.position) && (!below || row.position < below)) return todoOf(row)
      const position = positionIn(above, below, newId())
      if (!position) throw new Problem('todo_place_exhausted')
      return put({ ...row, position, revision: newId() })
    },

    /** Into the trash. */
    async remove(id: string, precondition?: Precondition): Promise<Todo> {
      const row = await expected(id, isListed, precondition)
      return put({ ...row, deletedAt: now(), updatedAt: now(), revision: newId() })
    },

    /** Out of the trash, to where it was; one that is not there stays as it is. */
    async restore(id: string, precondition?: Precondition): Promise<Todo> {
      const row = await expected(id, () => true, precondition)
      if (isListed(row)) return todoOf(row)
      return put({ ...row, deletedAt: null, updatedAt: now(), revision: newId() })
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

function positionIn(above: string | undefined, below: string | undefined, id: string): string | undefined {
  if (above && below) return between(above, below, id)
  if (below) return before(below, id)
  // A todo that is alone in the list is where it is to go already.
  return after(above as string, id)
}
