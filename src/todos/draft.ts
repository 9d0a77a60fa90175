import { required, type Step, StepMissed } from '../db/engine.ts'
import type { TodoRow } from '../db/schema.ts'
import type { Store } from '../db/store.ts'
import { isListed } from './todo.ts'
import { statements } from './todo-statements.ts'

/** Come before and after every position. */
const [START, END] = ['', '~']

/**
 * Changes of a user's todos that are put together in memory and then take effect at once, all or none. What is read is as
 * the changes so far have left it. What others have changed since it was read is not overwritten.
 */
export function draftOf(store: Store, userId: string) {
  const { add, find, write, move, purge, above, below } = statements(store)
  const read = new Map<string, TodoRow | undefined>()
  const present = new Map<string, TodoRow | undefined>()

  /** The nearest position on one side, from which the todo that is to move and all that are in this draft may be gone. */
  async function neighbour(side: typeof above, position: string, moved: string): Promise<string | undefined> {
    const rows = await side.execute({ userId, position, limit: present.size + 1 })
    const stored = rows.filter(({ id }) => !present.has(id)).slice(0, 1)
    const isBelow = side === below
    const own = [...present.values()]
      .filter(row => row !== undefined)
      .filter(row => row.id !== moved && isListed(row))
      .filter(row => (isBelow ? row.position > position : row.position < position))
    const sorted = [...own, ...stored].map(row => row.position).sort()
    return isBelow ? sorted[0] : sorted.at(-1)
  }

  function stepOf([id, row]: [string, TodoRow | undefined]): Step<unknown> | undefined {
    const before = read.get(id)
    if (row === before) return undefined
    if (!before) return add.with(row)
    if (!row) return purge.with({ id, userId, expected: before.revision })
    const hasOnlyMoved = row.updatedAt === before.updatedAt
    return (hasOnlyMoved ? move : write).with({ ...row, expected: before.revision })
  }

  return {
    /** The todo, in the list or in the trash. */
    async find(id: string): Promise<TodoRow | undefined> {
      if (!present.has(id)) {
        const [row] = await find.execute({ id, userId })
        read.set(id, row)
        present.set(id, row)
      }
      return present.get(id)
    },

    /** The position before another one, or before the end of the list, but for the todo that is to move there. */
    above: (moved: string, position = END) => neighbour(above, position, moved),
    below: (moved: string, position = START) => neighbour(below, position, moved),

    put: (row: TodoRow) => void present.set(row.id, row),
    remove: (id: string) => void present.set(id, undefined),

    /**
     * Makes the changes take effect, and other steps together with them.
     * @returns whether they did; if not, another write came in between, and the draft is to be begun anew
     * @throws {StepMissed} when it was one of the other steps that found no row, though it was required
     */
    async commit(others: readonly Step[]): Promise<boolean> {
      const changes = [...present].flatMap(change => stepOf(change) ?? []).map(required)
      if (changes.length + others.length === 0) return true
      try {
        await store.atomically(...others, ...changes)
        return true
      } catch (error) {
        if (error instanceof StepMissed && changes.some(({ name }) => name === error.step.name)) return false
        throw error
      }
    }
  }
}

export type Draft = ReturnType<typeof draftOf>
