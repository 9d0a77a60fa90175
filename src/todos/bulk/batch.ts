import { setImmediate as nextTurn } from 'node:timers/promises'
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
import { Problem } from '../../problems/problem.ts'
import type { Operations } from '../operations.ts'
import type { Todo } from '../todo.ts'
import { createTodos } from '../todos.ts'
import { assertValidOperations, type BatchOperation } from './batch-operation.ts'
import { type BatchResult, createBatchReplayHandler } from './batch-replay.ts'
import { runBulkUpdate } from './bulk-update.ts'
import type { BulkUpdate } from './filtered-update.ts'

/** Milliseconds after which other requests get a turn: to find the words of a long text takes long. */
const MAX_BLOCKING_TIME = 5

/** A batch that takes effect once. */
export interface BatchRequest {
  readonly userId: string
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
  const { userId, operations, validateOnly } = batch
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
        const kind = toBulkUpdate(first)
        const options = {
          validateOnly,
          requestId: toRequestId(request),
          storeAnswer: storeCount(storeAnswer)
        }
        const { where } = first
        return [
          { count: await withOperationIndex(0, () => runBulkUpdate(store, userId, kind, where, options)) }
        ]
      }
      const todos = createTodos(store, userId)
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
  let startTime = performance.now()
  for (const [index, operation] of operations.entries()) {
    results.push(
      await withOperationIndex(index, () => runOperation(draftOperations, operation, createPrecondition))
    )
    if (performance.now() - startTime < MAX_BLOCKING_TIME) continue
    await nextTurn()
    startTime = performance.now()
  }
  return results
}

async function runOperation(
  draftOperations: Operations,
  operation: BatchOperation,
  createPrecondition: BatchRequest['createPrecondition']
): Promise<BatchResult> {
  if (operation.op === 'create') return { todo: await draftOperations.create(operation.todo, '/todo') }
  const precondition = createPrecondition(operation.ifMatch)
  if (operation.op === 'restore' || operation.op === 'purge')
    return { todo: await draftOperations[operation.op](operation.id, precondition) }
  if (operation.op === 'move') {
    const { op, id, ifMatch, ...target } = operation
    return { todo: await draftOperations.move(id, target, precondition) }
  }
  const change = (id: string) =>
    operation.op === 'patch'
      ? draftOperations.patch(id, operation.changes, precondition)
      : draftOperations.remove(id, precondition)
  if (operation.id) return { todo: await change(operation.id) }
  const todos: Todo[] = []
  for (const id of operation.ids as readonly string[]) todos.push(await change(id))
  return { todos }
}

/** Adds the index of the operation to a problem of the work. */
async function withOperationIndex<Result>(index: number, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Problem ? error.forOperation(index) : error
  }
}

const toBulkUpdate = (operation: BatchOperation): BulkUpdate =>
  operation.op === 'patch' ? { done: operation.changes.done === true } : 'delete'
