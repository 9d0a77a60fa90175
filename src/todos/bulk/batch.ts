import type { BoundStatement } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import type { Precondition } from '../../http/preconditions.ts'
import {
  type AnswerSource,
  type IdempotentResult,
  type StoreAnswer,
  toRequestId,
  withIdempotency
} from '../../idempotency/idempotency.ts'
import { Problem, validationFailed } from '../../problems/problem.ts'
import type { TodoPatch } from '../content/content.ts'
import { MAX_BATCH_CHANGES } from '../limits.ts'
import type { Operations } from '../operations.ts'
import type { Filter } from '../query/list-query.ts'
import type { Todo } from '../todo.ts'
import { createTodos } from '../todos.ts'
import { createTurns } from '../turns.ts'
import { assertValidOperations, type BatchOperation, type ChangeOperation } from './batch-operation.ts'
import { type BatchResult, createBatchReplayHandler } from './batch-replay.ts'
import { runBulkUpdate } from './bulk-update.ts'
import type { FilteredUpdate } from './filtered/update-range.ts'

/** A batch that takes effect once. */
export interface BatchRequest {
  readonly userId: string
  readonly sessionId?: string | null
  readonly operations: readonly BatchOperation[]
  /** Whether to run everything and write nothing. */
  readonly validateOnly: boolean
  /** The Idempotency-Key, if there is one. */
  readonly key: string | undefined
  /** The precondition that an operation sets on its todo by `ifMatch`. */
  readonly createPrecondition: (ifMatch: string | undefined) => Precondition
}

/**
 * Runs operations on a user's todos in their order, all or none. Each finds the todos as the operations before left them.
 * @returns the result of each operation
 * @throws {Problem} of the operation that fails, with its index
 * @throws {Problem} `idempotency_key_in_use`, `idempotency_key_reused`, `quota_exceeded`
 */
export function runBatch(store: Store, batch: BatchRequest): Promise<IdempotentResult<BatchResult[]>> {
  const { userId, sessionId = null, operations, validateOnly } = batch
  // A batch that writes nothing runs anew each time.
  const key = validateOnly ? undefined : batch.key
  const request = { userId, key, request: ['batch', operations] }
  return withIdempotency(
    store,
    request,
    createBatchReplayHandler(store, userId, operations),
    async storeAnswer => {
      assertValidOperations(operations)
      const [first] = operations
      if (first && 'where' in first && first.where) {
        const update = { ...toBulkUpdate(first, first.where), sessionId }
        const options = {
          validateOnly,
          requestId: toRequestId(request),
          storeAnswer: storeCount(storeAnswer)
        }
        return [{ count: await withOperationIndex(0, () => runBulkUpdate(store, userId, update, options)) }]
      }
      const todos = createTodos(store, userId, sessionId)
      const run = (draftOperations: Operations) => runOperations(draftOperations, batch)
      return validateOnly ? todos.dryRun(run) : todos.edit(run, storeAnswer)
    }
  )
}

const storeCount =
  (storeAnswer: StoreAnswer<BatchResult[]>) =>
  (count: AnswerSource<number>): readonly BoundStatement[] =>
    storeAnswer(count instanceof Function ? earlierRows => [{ count: count(earlierRows) }] : [{ count }])

async function runOperations(
  draftOperations: Operations,
  { operations, createPrecondition }: BatchRequest
): Promise<BatchResult[]> {
  const results: BatchResult[] = []
  const giveTurn = createTurns()
  for (const [index, operation] of operations.entries()) {
    results.push(
      await withOperationIndex(index, async () => {
        const result = await runOperation(draftOperations, operation, createPrecondition)
        if (draftOperations.countChanges() > MAX_BATCH_CHANGES) throw validationFailed(TOO_MANY_CHANGES)
        return result
      })
    )
    await giveTurn()
  }
  await refreshResults(draftOperations, results)
  return results
}

/** A later operation may have changed the counts of a parent: of each todo, the last result shows how it is kept. */
async function refreshResults(draftOperations: Operations, results: BatchResult[]): Promise<void> {
  const refreshedIds = new Set<string>()
  for (const result of results.toReversed()) {
    if ('todo' in result && result.todo) result.todo = await refresh(result.todo)
    if ('todos' in result)
      for (const [index, todo] of result.todos.entries()) result.todos[index] = await refresh(todo)
  }

  async function refresh(todo: Todo): Promise<Todo> {
    if (refreshedIds.has(todo.id)) return todo
    refreshedIds.add(todo.id)
    return draftOperations.refresh(todo)
  }
}

const TOO_MANY_CHANGES = {
  pointer: '',
  detail:
    `changes too many todos with their subtasks; all operations together may change ${MAX_BATCH_CHANGES}, ` +
    'so send the rest in another batch'
}

async function runOperation(
  draftOperations: Operations,
  operation: BatchOperation,
  createPrecondition: BatchRequest['createPrecondition']
): Promise<BatchResult> {
  if (operation.op === 'create') return { todo: await draftOperations.create(operation.todo, '/todo') }
  const precondition = createPrecondition(operation.ifMatch)
  const { id, ids } = operation
  if (ids) return { todos: await changeTodos(draftOperations, operation, ids, precondition) }
  const [todo] = await changeTodos(draftOperations, operation, [id as string], precondition)
  return { todo: todo as Todo }
}

async function changeTodos(
  draftOperations: Operations,
  operation: ChangeOperation,
  ids: readonly string[],
  precondition: Precondition
): Promise<Todo[]> {
  if (operation.op === 'delete') return draftOperations.removeAll(ids, precondition)
  if (operation.op === 'restore') return draftOperations.restoreAll(ids, precondition)
  if (operation.op === 'purge') return draftOperations.purgeAll(ids, precondition)
  const todos: Todo[] = []
  for (const [index, id] of ids.entries())
    if (operation.op === 'move') {
      const { op, id: _, ids: _ids, ifMatch, ...target } = operation
      const previousId = ids[index - 1]
      // The others go below the first one, in their order.
      const place = previousId === undefined ? target : { after: previousId }
      todos.push(await draftOperations.move(id, place, precondition))
    } else todos.push(await draftOperations.patch(id, toPatch(operation), precondition, '/changes'))
  return todos
}

/** Adds the index of the operation to a problem of the work. */
async function withOperationIndex<Result>(index: number, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Problem ? error.forOperation(index) : error
  }
}

type PatchOperation = Extract<BatchOperation, { readonly op: 'patch' | 'complete' }>

function toPatch(operation: PatchOperation): TodoPatch {
  if (operation.op === 'patch') return operation.changes
  const { children } = operation
  return { done: true, ...(children && { children }) }
}

function toBulkUpdate(
  operation: Exclude<ChangeOperation, { readonly op: 'move' }>,
  filter: Filter
): FilteredUpdate {
  if (operation.op !== 'patch' && operation.op !== 'complete') return { kind: operation.op, filter }
  const { done, listId, children } = toPatch(operation)
  if (listId !== undefined) return { kind: 'moveToList', listId, filter }
  return { kind: done === true ? 'complete' : 'reopen', children, filter }
}
