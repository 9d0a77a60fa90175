import type { Store } from '../../db/store.ts'
import type { ReplayHandler } from '../../idempotency/idempotency.ts'
import { withCompletion } from '../recurrence/with-completion.ts'
import type { Todo } from '../todo.ts'
import { createTodos } from '../todos.ts'
import type { BatchOperation } from './batch-operation.ts'

/**
 * The result of an operation: of one todo, of several, or of all todos that a filter selects. The replay of a batch leaves
 * out todos that were purged since.
 */
export type BatchResult = { todo?: Todo } | { todos: Todo[] } | { count: number }

/**
 * What is stored of a batch: the ids of the created todos in their order, and those of the completions by the places of their todos
 * among all that the results show; or the count of the only operation.
 */
type StoredBatch =
  | number
  | { readonly createdIds: readonly string[]; readonly completionIds: Readonly<Record<number, string>> }

/**
 * Stores what the operations of a batch do not say: which todos they created, what they completed, and how many they changed. A
 * replay shows the todos as they are now.
 */
export const createBatchReplayHandler = (
  store: Store,
  userId: string,
  operations: readonly BatchOperation[]
): ReplayHandler<BatchResult[], StoredBatch> => ({
  identify(results) {
    const [first] = results
    if (first && 'count' in first) return first.count
    const createdIds = results.flatMap((result, index) =>
      operations[index]?.op === 'create' ? toTodos(result).map(({ id }) => id) : []
    )
    const completions = results
      .flatMap(toTodos)
      .flatMap(({ completed }, place) => (completed ? [[place, completed.id]] : []))
    return { createdIds, completionIds: Object.fromEntries(completions) }
  },
  async replay(stored) {
    if (typeof stored === 'number') return [{ count: stored }]
    const createdIds = [...stored.createdIds]
    const targets = operations.map(operation => ({
      ids: getTargetIds(operation) ?? createdIds.splice(0, 1),
      isList: 'ids' in operation && operation.ids !== undefined
    }))
    const todosById = await createTodos(store, userId).findByIds(targets.flatMap(({ ids }) => ids))
    let place = 0
    const results: BatchResult[] = []
    for (const { ids, isList } of targets) {
      const todos: Todo[] = []
      for (const id of ids) {
        const todo = todosById.get(id)
        const completionId = stored.completionIds[place]
        if (todo) todos.push(await withCompletion(store, userId, todo, completionId))
        place += 1
      }
      const [todo] = todos
      results.push(isList ? { todos } : { ...(todo && { todo }) })
    }
    return results
  }
})

interface AnyResult {
  readonly todo?: Todo
  readonly todos?: readonly (Todo | undefined)[]
  readonly count?: number
}

/** The todos that a result shows. */
const toTodos = ({ todo, todos = [todo] }: AnyResult): readonly Todo[] =>
  todos.filter(shown => shown !== undefined)

/** The todos that an operation names; undefined when it creates one. */
function getTargetIds(operation: BatchOperation): readonly string[] | undefined {
  if (operation.op === 'create') return undefined
  return 'ids' in operation && operation.ids ? operation.ids : [operation.id as string]
}
