import type { Store } from '../../../src/db/store.ts'
import { Problem } from '../../../src/problems/problem.ts'
import { createTombstoneRemoval } from '../../../src/sync/tombstones.ts'
import { runBatch } from '../../../src/todos/bulk/batch.ts'
import type { BatchOperation } from '../../../src/todos/bulk/batch-operation.ts'
import type { Operations } from '../../../src/todos/operations.ts'
import type { MoveTarget } from '../../../src/todos/order/move-target.ts'
import { createTrashRemoval } from '../../../src/todos/purge.ts'
import { createTodos } from '../../../src/todos/todos.ts'
import { importTodos } from '../../../src/todos/transfer/import.ts'

/** Who writes what. */
export interface Writer {
  readonly store: Store
  readonly userId: string
  readonly random: () => number
  /** The ids of all todos that there ever were, which all writers share. */
  readonly ids: string[]
  /** Puts the clock of the writer's process on or back. */
  readonly moveClock: (milliseconds: number) => void
}

const DAY = 86_400_000
/** Rows that the janitor removes at a time. */
const JANITOR_SIZE = 5

type Write = (writer: Writer) => Promise<unknown>

export const pick = <Item>(random: () => number, items: readonly Item[]): Item =>
  items[Math.floor(random() * items.length)] as Item

/** More often one of the latest, which is still there. */
const pickId = ({ random, ids }: Writer) => ids.at(-1 - Math.floor(random() ** 2 * ids.length)) as string
const newTitle = ({ random }: Writer) => `title ${Math.floor(random() * 1000)}`

/** A write to one todo. */
const edit =
  (work: (operations: Operations, id: string, writer: Writer) => Promise<unknown>): Write =>
  writer =>
    createTodos(writer.store, writer.userId).edit(operations => work(operations, pickId(writer), writer))

const pickTarget = (writer: Writer): MoveTarget =>
  pick(writer.random, [
    { to: 'top' },
    { to: 'bottom' },
    { after: pickId(writer) },
    { before: pickId(writer) }
  ])

const create: Write = async writer => {
  const { answer } = await createTodos(writer.store, writer.userId).create({ title: newTitle(writer) })
  writer.ids.push(answer.id)
}

/** The todos of an import: new ones, and such as are there, or were. */
export function importSome(writer: Writer, count: number): Promise<unknown> {
  const lines = Array.from({ length: count }, () => {
    const id = writer.random() < 0.7 ? pickId(writer) : undefined
    return { id: id ?? writer.store.newId(), title: newTitle(writer), done: writer.random() < 0.5 }
  })
  writer.ids.push(...lines.map(({ id }) => id))
  const text = lines.map(line => JSON.stringify(line)).join('\n')
  return importTodos(writer.store, { userId: writer.userId, text, key: undefined, check: () => [] })
}

const runOperations = ({ store, userId }: Writer, operations: readonly BatchOperation[]) =>
  runBatch(store, {
    userId,
    operations,
    validateOnly: false,
    key: undefined,
    createPrecondition: () => () => {}
  })

const batch: Write = async writer => {
  const createOperation = (): BatchOperation =>
    pick<() => BatchOperation>(writer.random, [
      () => ({ op: 'create', todo: { title: newTitle(writer) } }),
      () => ({ op: 'patch', id: pickId(writer), changes: { title: newTitle(writer) } }),
      () => ({ op: 'delete', id: pickId(writer) }),
      () => ({ op: 'move', id: pickId(writer), to: 'top' })
    ])()
  const length = 1 + Math.floor(3 * writer.random())
  const { answer } = await runOperations(writer, Array.from({ length }, createOperation))
  for (const result of answer) if ('todo' in result) writer.ids.push(result.todo.id)
}

const bulkUpdate: Write = writer => {
  const isDone = writer.random() < 0.5
  return runOperations(writer, [
    writer.random() < 0.2
      ? { op: 'delete', where: { done: isDone } }
      : { op: 'patch', where: { done: !isDone }, changes: { done: isDone } }
  ])
}

/** What the janitor does, for retentions of next to nothing. */
const janitor =
  (createRemoval: typeof createTrashRemoval): Write =>
  ({ store }) =>
    createRemoval(store)(store.now(), JANITOR_SIZE)

const jump: Write = async ({ random, moveClock }) => moveClock((random() - 0.5) * 6 * DAY)

/** All kinds of writes, each as often as it is given. */
const WRITES: readonly (readonly [string, Write])[] = [
  ['create', create],
  ['create', create],
  ['patch', edit((todos, id, writer) => todos.patch(id, { title: newTitle(writer) }))],
  ['patch', edit((todos, id, { random }) => todos.patch(id, { done: random() < 0.5 }))],
  ['move', edit((todos, id, writer) => todos.move(id, pickTarget(writer)))],
  ['delete', edit((todos, id) => todos.remove(id))],
  ['delete', edit((todos, id) => todos.remove(id))],
  ['restore', edit((todos, id) => todos.restore(id))],
  ['purge', edit((todos, id) => todos.purge(id))],
  ['purge', edit((todos, id) => todos.purge(id))],
  ['batch', batch],
  ['bulk update', bulkUpdate],
  ['import', writer => importSome(writer, 1 + Math.floor(4 * writer.random()))],
  ['import', writer => importSome(writer, 1 + Math.floor(4 * writer.random()))],
  ['empty the trash', janitor(createTrashRemoval)],
  ['remove tombstones', janitor(createTombstoneRemoval)],
  ['jump', jump]
]

/**
 * Does something at random.
 * @returns what was done
 */
export async function writeSomething(writer: Writer): Promise<string> {
  const [name, write] = pick(writer.random, WRITES)
  try {
    await write(writer)
    return name
  } catch (error) {
    // The todo is not there any more, or not where it was.
    if (error instanceof Problem) return `${name}: ${error.code}`
    throw error
  }
}
