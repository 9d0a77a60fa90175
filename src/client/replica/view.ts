import type { Todo } from '../types.ts'
import { applyOperation, getTodoId, type OrderedTodos } from './operations.ts'
import type { Edit, StoredTodo } from './storage.ts'

const compare = (a: string, b: string) => Number(a > b) - Number(a < b)

/** What the user sees: the todos of the service, with the edits that it has not confirmed carried out on them in their order. */
export interface View {
  readonly todos: ReadonlyMap<string, Todo>
  /** The todos with unconfirmed edits. */
  readonly pendingIds: ReadonlySet<string>
}

/** Creates a function that makes the view of the confirmed todos and of the edits in their order. */
export function createViewer() {
  let sorted: readonly StoredTodo[] = []

  /** Sorts the todos, beginning with the order of the last time: to sort what is nearly sorted takes little. */
  function sort(confirmed: readonly StoredTodo[]): readonly StoredTodo[] {
    const added = new Set(confirmed)
    const kept = sorted.filter(stored => added.delete(stored))
    return [...kept, ...added].sort(
      ({ todo: a }, { todo: b }) => compare(a.position, b.position) || compare(a.id, b.id)
    )
  }

  return function createView(confirmed: readonly StoredTodo[], edits: readonly Edit[]): View {
    sorted = sort(confirmed)
    const initial: OrderedTodos = new Map(sorted.map(({ todo }) => [todo.id, todo]))
    return {
      todos: edits.reduce((todos, { operation, at }) => applyOperation(todos, operation, at), initial),
      pendingIds: new Set(edits.map(({ operation }) => getTodoId(operation)))
    }
  }
}
