import type { Todo } from '../types.ts'
import type {
  CopyState,
  Edit,
  OutgoingBatch,
  ReplicaStorage,
  StoredRecord,
  StoredTodo,
  Writes
} from './storage.ts'
import { createViewer, type View } from './view.ts'

const COPY = 'copy'
const BATCH = 'batch'
const ORDER_DIGITS = 12

export const toTodoName = (id: string): string => `todo ${id}`
export const putTodo = (todo: Todo, generation: number): Writes[number] => [
  toTodoName(todo.id),
  { kind: 'todo', todo, generation }
]
export const putCopy = (copy: CopyState): Writes[number] => [COPY, copy]
export const putBatch = (batch: OutgoingBatch | undefined): Writes[number] => [BATCH, batch]

export interface RecordsOptions {
  readonly storage: ReplicaStorage
  readonly userId: string
  /** Whether somebody else is signed in, to whom the storage belongs from then on. */
  readonly isReplaced: () => boolean
  /** Called with what this tab has written. */
  readonly onWritten: (writes: Writes) => void
}

/**
 * The records of a storage, in memory. All tabs have them: a tab writes to the storage, and tells the others what it has
 * written. Only the leader writes other records than new edits, so no two tabs write the same one.
 */
export function createRecords({ storage, userId, isReplaced, onWritten }: RecordsOptions) {
  const listeners = new Set<() => void>()
  const createView = createViewer()
  const emptyCopy: CopyState = { kind: 'copy', userId, generation: 0, isComplete: false }
  const todos = new Map<string, StoredTodo>()
  const edits = new Map<string, Edit>()
  /** Edits that the storage does not have yet. */
  const unsaved = new Set<string>()
  let copy = emptyCopy
  let batch: OutgoingBatch | undefined
  let view: View | undefined
  /** Accesses to the storage follow one another. */
  let lastAccess: Promise<unknown> = Promise.resolve()
  /** What other tabs have written since this one began to read the storage. */
  let received: Writes[] | undefined
  let isForgotten = false

  function applyWrite(name: string, record: StoredRecord | undefined) {
    if (record?.kind === 'copy') copy = record
    else if (name === BATCH) batch = record?.kind === 'batch' ? record : undefined
    else if (record?.kind === 'todo') todos.set(name, record)
    else if (record?.kind === 'edit') edits.set(name, record)
    else for (const records of [todos, edits]) records.delete(name)
  }

  /** Takes over what was written, here or in another tab. */
  function apply(writes: Writes) {
    // What was under way when the replica was deleted comes too late.
    if (isForgotten) return
    for (const [name, record] of writes) applyWrite(name, record)
    view = undefined
    for (const listener of [...listeners]) notify(listener)
  }

  /** Accesses the storage when all accesses before have ended. */
  function access<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = lastAccess.then(work)
    lastAccess = result.catch(() => {})
    return result
  }

  /**
   * Writes to the storage, and tells other tabs.
   * @throws {Error} when another user has signed in meanwhile, as in another tab; errors of the storage
   */
  async function persist(writes: Writes): Promise<void> {
    await access(async () => {
      if (isReplaced()) throw new Error('Another user is signed in. Create a replica for that one.')
      await storage.write(writes)
    })
    onWritten(writes)
  }

  /** Takes over what another tab has written. */
  function receive(writes: Writes) {
    if (received) received.push(writes)
    else apply(writes)
  }

  /** Reads the storage. What it has of another user, or without saying of whom, is deleted. */
  async function load(): Promise<void> {
    received = []
    const stored = await access(async () => [...(await storage.load())])
    const isOwn = stored.some(([, record]) => isCopyOf(userId, record))
    const keptEdits = [...edits].filter(([name]) => !isOwn || unsaved.has(name))
    for (const records of [todos, edits]) records.clear()
    batch = undefined
    copy = emptyCopy
    apply([...(isOwn ? stored : []), ...keptEdits, ...received.flat()])
    received = undefined
    const deletions = stored.map(([name]): Writes[number] => [name, undefined])
    if (!isOwn) await persist([...deletions, putCopy(copy), ...keptEdits])
  }

  const sortedEdits = () => [...edits].sort(([a], [b]) => (a < b ? -1 : 1))

  return {
    load,
    receive,
    copy: () => copy,
    batch: () => batch,
    todos: (): readonly StoredTodo[] => [...todos.values()],
    edit: (name: string): Edit | undefined => edits.get(name),
    edits: sortedEdits,
    /** The edits that may be sent: those before the first one that the storage has not. */
    savedEdits(): string[] {
      const names = sortedEdits().map(([name]) => name)
      const end = names.findIndex(name => unsaved.has(name))
      return end === -1 ? names : names.slice(0, end)
    },

    view: (): View =>
      (view ??= createView(
        [...todos.values()],
        sortedEdits().map(([, edit]) => edit)
      )),

    /** Writes all or nothing, then shows it. */
    async write(writes: Writes): Promise<void> {
      await persist(writes)
      apply(writes)
    },

    /**
     * Adds an edit, which is shown at once.
     * @param suffix tells edits of several tabs apart
     * @throws the error of the storage; the edit is taken back then
     */
    async addEdit(edit: Edit, suffix: string): Promise<void> {
      const [lastName = 'edit 0'] = sortedEdits().pop() ?? []
      const order = Number(lastName.split(' ')[1]) + 1
      const name = `edit ${`${order}`.padStart(ORDER_DIGITS, '0')} ${suffix}`
      unsaved.add(name)
      apply([[name, edit]])
      try {
        await persist([[name, edit]])
      } catch (error) {
        apply([[name, undefined]])
        throw error
      } finally {
        unsaved.delete(name)
      }
    },

    /** Shows nothing any more. */
    forget() {
      for (const items of [todos, edits]) items.clear()
      apply([])
      isForgotten = true
    },

    /** Deletes all from the storage, unless it is another user's by now. */
    clear: (): Promise<void> =>
      access(async () => {
        const stored = [...(await storage.load())]
        if (stored.some(([, record]) => isCopyOf(userId, record)))
          await storage.write(stored.map(([name]) => [name, undefined]))
      }),

    /** Calls back after each change. @returns a function that unsubscribes */
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
  }
}

const isCopyOf = (userId: string, record: StoredRecord): boolean =>
  record.kind === 'copy' && record.userId === userId

/** Calls a listener. Its error is the application's: it is reported, and nothing stops. */
function notify(listener: () => void) {
  try {
    listener()
  } catch (error) {
    void Promise.reject(error)
  }
}

export type Records = ReturnType<typeof createRecords>
