import type { Store } from '../db/store.ts'
import type { ReplayHandler } from '../idempotency/idempotency.ts'
import { Problem } from '../problems/problem.ts'
import type { BatchOperation, BatchResult } from './bulk/batch.ts'
import type { Todo } from './todo.ts'
import { createTodos } from './todos.ts'

/*
 * What is kept of an answer is what its request does not say: which todos were made, and how many were changed. A
 * repetition shows the todos as they are now, for its sender to go on with; what was deleted for good is nowhere.
 */

/** How the answer of a create is kept. */
export const createTodoReplayHandler = (
  store: Store,
  userId: string
): ReplayHandler<Todo, Pick<Todo, 'id'>> => ({
  identify: ({ id }) => ({ id }),
  async replay({ id }) {
    const todo = (await createTodos(store, userId).findByIds([id])).get(id)
    if (!todo) throw new Problem('todo_not_found', PURGED)
    return todo
  }
})

const PURGED = {
  detail:
    'The first request with this key made the todo, and it was deleted for good since. Nothing was done.',
  headers: { 'idempotent-replayed': 'true' }
}

/** What is kept of a batch: the ids of the todos that it made, in their order; or the count of its only operation. */
type StoredBatch = readonly string[] | number

/** How the answer of a batch is kept. */
export const createBatchReplayHandler = (
  store: Store,
  userId: string,
  operations: readonly BatchOperation[]
): ReplayHandler<BatchResult[], StoredBatch> => ({
  identify(results) {
    const createdIds: string[] = []
    for (const [index, result] of results.entries()) {
      if ('count' in result) return result.count
      if (operations[index]?.op === 'create' && 'todo' in result && result.todo)
        createdIds.push(result.todo.id)
    }
    return createdIds
  },
  async replay(stored) {
    if (typeof stored === 'number') return [{ count: stored }]
    const createdIds = [...stored]
    const targets = operations.map(operation => ({
      ids: getTargetIds(operation) ?? createdIds.splice(0, 1),
      isList: 'ids' in operation && operation.ids !== undefined
    }))
    const todosById = await createTodos(store, userId).findByIds(targets.flatMap(({ ids }) => ids))
    return targets.map(({ ids, isList }) => {
      const todos = ids.flatMap(id => todosById.get(id) ?? [])
      if (isList) return { todos }
      const [todo] = todos
      return todo ? { todo } : {}
    })
  }
})

/** The todos that an operation names, unless it makes one. */
function getTargetIds(operation: BatchOperation): readonly string[] | undefined {
  if (operation.op === 'create') return undefined
  return 'ids' in operation && operation.ids ? operation.ids : [operation.id as string]
}
