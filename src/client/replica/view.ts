import type { Todo } from '../types.ts'
import { applyOperation, getTodoId, type OrderedTodos } from './operations.ts'
import type { Edit } from './storage.ts'

const compare = (a: string, b: string) => Number(a > b) - Number(a < b)

/** What the user sees: the todos of the service, with the edits that it has not confirmed carried out on them in their order. */
export interface View {
  readonly todos: ReadonlyMap<string, Todo>
  /** The todos with unconfirmed edits. */
  readonly pendingIds: ReadonlySet<string>
}

/** @param edits in their order */
export function createView(confirmed: readonly Todo[], edits: readonly Edit[]): View {
  const sorted = [...confirmed].sort((a, b) => compare(a.position, b.position) || compare(a.id, b.id))
  const initial: OrderedTodos = new Map(sorted.map(todo => [todo.id, todo]))
  return {
    todos: edits.reduce((todos, { operation, at }) => applyOperation(todos, operation, at), initial),
    pendingIds: new Set(edits.map(({ operation }) => getTodoId(operation)))
  }
}
