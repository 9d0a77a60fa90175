import type { Store } from '../../db/store.ts'
import type { ReplayHandler } from '../../idempotency/idempotency.ts'
import type { Todo } from '../todo.ts'
import { createTodos } from '../todos.ts'
import type { BatchOperation } from './batch-operation.ts'

/**
 * The result of an operation: of one todo, of several, or of all todos that a filter selects. The replay of a batch leaves
 * out todos that were purged since.
 */
export type BatchResult = { todo?: Todo } | { todos: Todo[] } | { count: number }

/** What is stored of a batch: the ids of the created todos in their order, or the count of the only operation. */
type StoredBatch = readonly string[] | number

/**
 * Stores what the operations of a batch do not say: which todos they created, and how many they changed. A replay shows the
 * todos as they are now.
 */
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

/** The todos that an operation names; undefined when it creates one. */
function getTargetIds(operation: BatchOperation): readonly string[] | undefined {
  if (operation.op === 'create') return undefined
  return 'ids' in operation && operation.ids ? operation.ids : [operation.id as string]
}
