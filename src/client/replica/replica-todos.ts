import type { CreateTodoBody, MoveTodoBody, PatchTodoBody, Todo } from '../types.ts'
import type { Operation } from './operations.ts'
import type { View } from './view.ts'

/** Which todos: those that meet each condition. */
export interface ReplicaFilter {
  readonly done?: boolean
  readonly priority?: Todo['priority']
  /** A tag that the todos have. */
  readonly tag?: string
  /** True for the todos in the trash instead. */
  readonly deleted?: boolean
}

function isMatch(todo: Todo, { done, priority, tag, deleted = false }: ReplicaFilter): boolean {
  return (
    (todo.deletedAt !== null) === deleted &&
    (done === undefined || todo.done === done) &&
    (priority === undefined || todo.priority === priority) &&
    (tag === undefined || todo.tags.includes(tag))
  )
}

/** Ids are compared without case (RFC 9562, section 4), and stored in lower case. */
const toId = (id: string): string => `${id}`.toLowerCase()

/** The target of a move, with the id as it is stored. */
function toTarget(target: MoveTodoBody): MoveTodoBody {
  const copy = copyJson(target)
  if ('after' in copy) return { ...copy, after: toId(copy.after) }
  return 'before' in copy ? { ...copy, before: toId(copy.before) } : copy
}

/** What JSON carries of a value: the caller may change the value later. */
const copyJson = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value))

/**
 * Creates the methods on the todos of a replica. They are those of the client, but reads answer at once, and writes resolve
 * when the edit is stored.
 * @param edit shows and stores an operation, and whether a creation has an id of `newId`
 */
export function createReplicaTodos(
  view: () => View,
  newId: () => string,
  edit: (operation: Operation, hasRandomId?: boolean) => Promise<void>
) {
  return {
    /** The todos that a filter finds, in the order of the list. */
    list: (filter: ReplicaFilter = {}): Todo[] =>
      [...view().todos.values()].filter(todo => isMatch(todo, filter)),

    /** A todo, in the list or in the trash. */
    get: (id: string): Todo | undefined => view().todos.get(toId(id)),

    /** Whether the service has not confirmed an edit of the todo. */
    isPending: (id: string): boolean => view().pendingIds.has(toId(id)),

    /** Creates a todo, with an id of its own. Its `etag` and `position` are empty until the service has it. */
    async create(body: CreateTodoBody): Promise<Todo> {
      const id = toId(body.id ?? newId())
      const stored = edit({ op: 'create', todo: { ...copyJson(body), id } }, body.id === undefined)
      const todo = view().todos.get(id) as Todo
      await stored
      return todo
    },

    /** Changes the given fields. */
    patch: (id: string, changes: PatchTodoBody): Promise<void> =>
      edit({ op: 'patch', id: toId(id), changes: copyJson(changes) }),

    /** Moves a todo in the manual order. */
    move: (id: string, target: MoveTodoBody): Promise<void> =>
      edit({ op: 'move', id: toId(id), ...toTarget(target) }),

    /** Moves a todo to the trash, or deletes it permanently. */
    delete: (id: string, { permanent = false }: { permanent?: boolean } = {}): Promise<void> =>
      edit({ op: permanent ? 'purge' : 'delete', id: toId(id) }),

    /** Restores a todo from the trash. */
    restore: (id: string): Promise<void> => edit({ op: 'restore', id: toId(id) })
  }
}
