import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BoundStatement } from '../../db/engine.ts'
import type { Store } from '../../db/store.ts'
import type { Precondition } from '../../http/preconditions.ts'
import type { AnswerSource, StoreAnswer } from '../../idempotency/idempotency.ts'
import { type FieldError, Problem, validationFailed } from '../../problems/problem.ts'
import type { MoveTarget, Operations } from '../operations.ts'
import type { Filter } from '../query/filter.ts'
import { defaults, type Todo, type TodoContent, type TodoPatch } from '../todo.ts'
import { createTodos } from '../todos.ts'
import { runBulkUpdate } from './bulk-update.ts'
import type { BulkUpdate } from './bulk-update-slices.ts'

/** The most operations of a batch, and the most todos that they name together. */
export const MAX_OPERATIONS = 100

/** Milliseconds after which other requests get a turn: the words of a long text take some to find. */
const MAX_BLOCKING_TIME = 5

/** Which todos: one of these. */
interface Selector {
  readonly id?: string
  readonly ids?: readonly string[]
  readonly where?: Filter
}

export type BatchOperation =
  | { readonly op: 'create'; readonly todo: Partial<TodoContent> & Pick<TodoContent, 'title'> }
  | ({ readonly op: 'patch'; readonly changes: TodoPatch; readonly ifMatch?: string } & Selector)
  | ({ readonly op: 'delete'; readonly ifMatch?: string } & Selector)
  | ({ readonly op: 'move'; readonly id: string; readonly ifMatch?: string } & Partial<
      Record<'after' | 'before', string> & { to: 'top' | 'bottom' }
    >)

/** What came of an operation: on one todo, on several, or on all that are alike. A repetition may find a todo gone for good. */
export type BatchResult = { todo?: Todo } | { todos: Todo[] } | { count: number }

export interface BatchOptions {
  /** What an operation demands of a todo by its `ifMatch`. */
  readonly createPrecondition: (ifMatch: string | undefined) => Precondition
  /** Runs everything and writes nothing. */
  readonly validateOnly: boolean
  /** Names the request, if it may be repeated. */
  readonly requestId: string | null
  readonly storeAnswer: StoreAnswer<BatchResult[]>
}

/**
 * Carries out operations on a user's todos in their order, all or none; each finds the todos as those before left them.
 * @returns what came of each
 * @throws {Problem} of the operation that cannot be carried out, with its index
 */
export async function runBatch(
  store: Store,
  userId: string,
  operations: readonly BatchOperation[],
  { createPrecondition: preconditionOf, validateOnly, requestId, storeAnswer: keep }: BatchOptions
): Promise<BatchResult[]> {
  assertValidOperations(operations)
  const [first] = operations
  if (first && 'where' in first && first.where) {
    const { where } = first
    const options = { validateOnly, requestId, storeAnswer: storeCount }
    return [
      {
        count: await withOperationIndex(0, () =>
          runBulkUpdate(store, userId, toBulkUpdate(first), where, options)
        )
      }
    ]
  }

  const todos = createTodos(store, userId)
  const run = async (draftOperations: Operations) => {
    const results: BatchResult[] = []
    let startTime = performance.now()
    for (const [index, operation] of operations.entries()) {
      results.push(
        await withOperationIndex(index, () => runOperation(draftOperations, operation, preconditionOf))
      )
      if (performance.now() - startTime < MAX_BLOCKING_TIME) continue
      await nextTurn()
      startTime = performance.now()
    }
    return results
  }
  return validateOnly ? todos.dryRun(run) : todos.edit(run, keep)

  function storeCount(count: AnswerSource<number>): readonly BoundStatement[] {
    return keep(count instanceof Function ? earlierRows => [{ count: count(earlierRows) }] : [{ count }])
  }
}

async function runOperation(
  draftOperations: Operations,
  operation: BatchOperation,
  createPrecondition: BatchOptions['createPrecondition']
): Promise<BatchResult> {
  if (operation.op === 'create')
    return { todo: await draftOperations.create({ ...defaults, ...operation.todo }) }
  const precondition = createPrecondition(operation.ifMatch)
  if (operation.op === 'move') {
    const { op, id, ifMatch, ...target } = operation
    return { todo: await draftOperations.move(id, target as MoveTarget, precondition) }
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

/** Has a problem say which operation it is of. */
async function withOperationIndex<Result>(index: number, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Problem ? error.forOperation(index) : error
  }
}

/** @throws {Problem} when an operation does not say on what, or all together name more todos than may be done at a time */
function assertValidOperations(operations: readonly BatchOperation[]): void {
  const todoCount = operations.reduce((sum, operation) => sum + countNamedTodos(operation), 0)
  if (todoCount > MAX_OPERATIONS) throw validationFailed(TOO_MANY_TODOS).forOperation(0)
  for (const [index, operation] of operations.entries()) {
    const error = findError(operation, operations.length > 1)
    if (error) throw validationFailed(error).forOperation(index)
  }
}

const TOO_MANY_TODOS = {
  pointer: '',
  detail: `names too many todos; all operations together may name ${MAX_OPERATIONS}`
}

function findError(operation: BatchOperation, isOneOfSeveral: boolean): FieldError | undefined {
  if (operation.op === 'create') return undefined
  if (operation.op === 'move') {
    const targets = [operation.after, operation.before, operation.to].filter(Boolean)
    return targets.length === 1 ? undefined : { pointer: '', detail: 'needs one of after, before and to' }
  }
  const { id, ids, where, ifMatch } = operation
  if ([id, ids, where].filter(Boolean).length !== 1)
    return { pointer: '', detail: 'needs one of id, ids and where' }
  if (ifMatch !== undefined && !id) return { pointer: '/ifMatch', detail: 'goes with id only' }
  if (!where) return undefined
  if (isOneOfSeveral) return { pointer: '/where', detail: 'is taken in a batch of one operation only' }
  if (operation.op === 'patch' && Object.keys(operation.changes).join() !== 'done')
    return { pointer: '/changes', detail: 'may change done, and nothing else, with where' }
  return undefined
}

const countNamedTodos = (operation: BatchOperation): number =>
  'ids' in operation && operation.ids ? operation.ids.length : 1

const toBulkUpdate = (operation: BatchOperation): BulkUpdate =>
  operation.op === 'patch' ? { done: operation.changes.done === true } : 'delete'
