import type { Store } from '../db/store.ts'
import { Problem } from '../errors.ts'
import type { Keeping } from '../idempotency.ts'
import type { BatchOperation, BatchResult } from './batch.ts'
import type { Todo } from './todo.ts'
import { todosOf } from './todos.ts'

/*
 * What is kept of an answer is what its request does not say: which todos were made, and how many were changed. A
 * repetition shows the todos as they are now, for its sender to go on with; what was deleted for good is nowhere.
 */

/** How the answer of a create is kept. */
export const keepingOfCreate = (store: Store, userId: string): Keeping<Todo, Pick<Todo, 'id'>> => ({
  identify: ({ id }) => ({ id }),
  async recall({ id }) {
    const todo = (await todosOf(store, userId).present([id])).get(id)
    if (!todo) throw new Problem('todo_not_found', GONE)
    return todo
  }
})

const GONE = {
  detail:
    'The first request with this key made the todo, and it was deleted for good since. Nothing was done.',
  headers: { 'idempotent-replayed': 'true' }
}

/** What is kept of a batch: the ids of the todos that it made, in their order; or the count of its only operation. */
type KeptBatch = readonly string[] | number

/** How the answer of a batch is kept. */
export const keepingOfBatch = (
  store: Store,
  userId: string,
  operations: readonly BatchOperation[]
): Keeping<BatchResult[], KeptBatch> => ({
  identify(results) {
    const made: string[] = []
    for (const [index, result] of results.entries()) {
      if ('count' in result) return result.count
      if (operations[index]?.op === 'create' && 'todo' in result && result.todo) made.push(result.todo.id)
    }
    return made
  },
  async recall(kept) {
    if (typeof kept === 'number') return [{ count: kept }]
    const made = [...kept]
    const answers = operations.map(operation => ({
      ids: idsOf(operation) ?? made.splice(0, 1),
      isList: 'ids' in operation && operation.ids !== undefined
    }))
    const present = await todosOf(store, userId).present(answers.flatMap(({ ids }) => ids))
    return answers.map(({ ids, isList }) => {
      const todos = ids.flatMap(id => present.get(id) ?? [])
      if (isList) return { todos }
      const [todo] = todos
      return todo ? { todo } : {}
    })
  }
})

/** The todos that an operation names, unless it makes one. */
function idsOf(operation: BatchOperation): readonly string[] | undefined {
  if (operation.op === 'create') return undefined
  return 'ids' in operation && operation.ids ? operation.ids : [operation.id as string]
}
