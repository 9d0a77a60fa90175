import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Step } from '../db/engine.ts'
import type { Store } from '../db/store.ts'
import { type FieldError, invalid, Problem } from '../errors.ts'
import type { Keep, Known } from '../idempotency.ts'
import type { Precondition } from '../preconditions.ts'
import type { Filter } from './filter.ts'
import type { Operations, Place } from './operations.ts'
import { sweepTodos } from './sweep.ts'
import type { Sweep } from './sweep-slices.ts'
import { blank, type Todo, type TodoContent, type TodoPatch } from './todo.ts'
import { todosOf } from './todos.ts'

/** The most operations of a batch, and the most todos that they name together. */
export const MAX_OPERATIONS = 100

/** Milliseconds after which other requests get a turn: the words of a long text take some to find. */
const SPELL = 5

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
  readonly preconditionOf: (ifMatch: string | undefined) => Precondition
  /** Runs everything and writes nothing. */
  readonly validateOnly: boolean
  /** Names the request, if it may be repeated. */
  readonly requestId: string | null
  readonly keep: Keep<BatchResult[]>
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
  { preconditionOf, validateOnly, requestId, keep }: BatchOptions
): Promise<BatchResult[]> {
  refuseFaults(operations)
  const [first] = operations
  if (first && 'where' in first && first.where) {
    const { where } = first
    const options = { validateOnly, requestId, keep: keepCount }
    return [{ count: await at(0, () => sweepTodos(store, userId, sweepOf(first), where, options)) }]
  }

  const todos = todosOf(store, userId)
  const run = async (on: Operations) => {
    const results: BatchResult[] = []
    let began = performance.now()
    for (const [index, operation] of operations.entries()) {
      results.push(await at(index, () => carryOut(on, operation, preconditionOf)))
      if (performance.now() - began < SPELL) continue
      await nextTurn()
      began = performance.now()
    }
    return results
  }
  return validateOnly ? todos.try(run) : todos.edit(run, keep)

  function keepCount(count: Known<number>): readonly Step[] {
    return keep(count instanceof Function ? before => [{ count: count(before) }] : [{ count }])
  }
}

async function carryOut(
  on: Operations,
  operation: BatchOperation,
  preconditionOf: BatchOptions['preconditionOf']
): Promise<BatchResult> {
  if (operation.op === 'create') return { todo: await on.create({ ...blank, ...operation.todo }) }
  const precondition = preconditionOf(operation.ifMatch)
  if (operation.op === 'move') {
    const { op, id, ifMatch, ...place } = operation
    return { todo: await on.move(id, place as Place, precondition) }
  }
  const change = (id: string) =>
    operation.op === 'patch' ? on.patch(id, operation.changes, precondition) : on.remove(id, precondition)
  if (operation.id) return { todo: await change(operation.id) }
  const todos: Todo[] = []
  for (const id of operation.ids as readonly string[]) todos.push(await change(id))
  return { todos }
}

/** Has a problem say which operation it is of. */
async function at<Result>(index: number, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Problem ? error.ofOperation(index) : error
  }
}

/** @throws {Problem} when an operation does not say on what, or all together name more todos than may be done at a time */
function refuseFaults(operations: readonly BatchOperation[]): void {
  const size = operations.reduce((sum, operation) => sum + sizeOf(operation), 0)
  if (size > MAX_OPERATIONS) throw invalid(TOO_MANY).ofOperation(0)
  for (const [index, operation] of operations.entries()) {
    const fault = faultOf(operation, operations.length > 1)
    if (fault) throw invalid(fault).ofOperation(index)
  }
}

const TOO_MANY = {
  pointer: '',
  detail: `names too many todos; all operations together may name ${MAX_OPERATIONS}`
}

function faultOf(operation: BatchOperation, isOneOfSeveral: boolean): FieldError | undefined {
  if (operation.op === 'create') return undefined
  if (operation.op === 'move') {
    const places = [operation.after, operation.before, operation.to].filter(Boolean)
    return places.length === 1 ? undefined : { pointer: '', detail: 'needs one of after, before and to' }
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

const sizeOf = (operation: BatchOperation): number =>
  'ids' in operation && operation.ids ? operation.ids.length : 1

const sweepOf = (operation: BatchOperation): Sweep =>
  operation.op === 'patch' ? { done: operation.changes.done === true } : 'delete'
