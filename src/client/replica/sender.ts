import { isRefusal, type ProblemError } from '../http/problem-error.ts'
import type { Client } from '../index.ts'
import { isFulfilled } from './fulfilment.ts'
import { getTodoId, type Operation } from './operations.ts'
import type { ReplicaPlatform } from './platform.ts'
import { putBatch, putTodo, type Records, toTodoName } from './records.ts'
import type { Edit, OutgoingBatch, Writes } from './storage.ts'

/** The most edits of a batch, as the service has it. */
const MAX_BATCH = 100
/** The most characters of a batch, so that it arrives in time over a slow network. A longer edit goes alone. */
const MAX_BATCH_LENGTH = 100_000

/** The part of a client that a replica uses. */
export type ReplicaClient = Pick<Client, 'changes' | 'ready'> & {
  readonly auth: Pick<Client['auth'], 'user'>
  readonly todos: Pick<Client['todos'], 'batch' | 'get'>
}

export interface SenderOptions {
  readonly client: ReplicaClient
  readonly platform: ReplicaPlatform
  readonly records: Records
  readonly onRefused: (operation: Operation, problem: ProblemError) => void
}

/**
 * Creates a function that sends the stored edits, batch by batch, in their order. A batch is stored with its Idempotency-Key
 * before it is sent, and goes with its answer: whatever gets lost in between, it takes effect once.
 */
export function createSender({ client, platform, records, onRefused }: SenderOptions) {
  /** How many edits to send one by one, since their batch was refused. */
  let singles = 0

  /** The first edits that fit into a batch. */
  function takeFitting(names: readonly string[]): readonly string[] {
    let length = 0
    const end = names.findIndex(name => {
      length += JSON.stringify(records.edit(name)).length
      return length > MAX_BATCH_LENGTH
    })
    return end === -1 ? names : names.slice(0, Math.max(1, end))
  }

  /** Chooses the edits of the next batch, and stores the choice with a key of its own. */
  async function prepareBatch(): Promise<OutgoingBatch> {
    const edits = takeFitting(records.savedEdits().slice(0, singles > 0 ? 1 : MAX_BATCH))
    const batch = { kind: 'batch', idempotencyKey: platform.newKey(), edits } as const
    await records.write([putBatch(batch)])
    return batch
  }

  const takeEdits = ({ edits }: OutgoingBatch): Writes => [
    ...edits.map((name): Writes[number] => [name, undefined]),
    putBatch(undefined)
  ]

  /** Sends the next batch of edits, as the user. */
  async function send(userId: string, signal: AbortSignal): Promise<void> {
    const batch = records.batch() ?? (await prepareBatch())
    const edits = batch.edits.flatMap(name => records.edit(name) ?? [])
    const operations = edits.map(({ operation }) => operation)
    // Another user may have signed in meanwhile.
    if (client.auth.user()?.id !== userId) return
    try {
      // `*` is true of any state, and needed where the service demands a precondition.
      const { results } = await client.todos.batch(
        operations.map(operation => (operation.op === 'create' ? operation : { ...operation, ifMatch: '*' })),
        { idempotencyKey: batch.idempotencyKey, signal }
      )
      const { since, generation } = records.copy()
      // A download that has not begun yet will bring the todo, unless it is deleted for good before.
      const confirmedIn = since === undefined ? generation - 1 : generation
      const todoWrites = operations.map((operation, index): Writes[number] => {
        const todo = operation.op === 'purge' ? undefined : results[index]?.todo
        return todo ? putTodo(todo, confirmedIn) : [toTodoName(getTodoId(operation)), undefined]
      })
      await records.write([...takeEdits(batch), ...todoWrites])
      singles = Math.max(0, singles - 1)
    } catch (error) {
      if (!isRefusal(error) || error.action === 'sign-in') throw error
      await handleRefusal(batch, edits, error, signal)
    }
  }

  /** Takes back a refused edit. Of several edits it is found out which: each is sent by itself. */
  async function handleRefusal(
    batch: OutgoingBatch,
    edits: readonly Edit[],
    problem: ProblemError,
    signal: AbortSignal
  ): Promise<void> {
    const [edit] = edits
    if (!edit || edits.length > 1) {
      singles = edits.length
      return records.write([putBatch(undefined)])
    }
    const followers = edit.operation.op === 'create' ? findFollowers(edit) : []
    const isDone = await isFulfilled(
      edit,
      followers.map(([, follower]) => follower),
      problem,
      id => client.todos.get(id, { signal })
    )
    singles = Math.max(0, singles - 1)
    if (isDone) return records.write(takeEdits(batch))
    // What follows on the creation of a todo makes no sense without it.
    await records.write([
      ...takeEdits(batch),
      ...followers.map(([name]): Writes[number] => [name, undefined])
    ])
    onRefused(edit.operation, problem)
  }

  /** The edits of the same todo after a creation, up to another creation with its id, which stands on its own. */
  function findFollowers(creation: Edit) {
    const id = getTodoId(creation.operation)
    const edits = records.edits().filter(([, { operation }]) => getTodoId(operation) === id)
    const later = edits.slice(edits.findIndex(([, edit]) => edit === creation) + 1)
    const end = later.findIndex(([, { operation }]) => operation.op === 'create')
    return end === -1 ? later : later.slice(0, end)
  }

  return send
}
