import { required, type Step, StepMissed, urgent } from '../db/engine.ts'
import type { TodoRow } from '../db/schema.ts'
import type { Store } from '../db/store.ts'
import { after, positionOf } from './position.ts'
import { bytesIn, type Growth, withinQuota } from './quota.ts'
import { isListed } from './todo.ts'
import { statements } from './todo-statements.ts'

/** Where a todo is in the list: in the order of the positions, and of the ids where those are the same. */
export type Point = Pick<TodoRow, 'id' | 'position'>

/** Come before and after every todo. */
const START: Point = { position: '', id: '' }
const END: Point = { position: '~', id: '' }

export const isBefore = (a: Point, b: Point): boolean =>
  a.position === b.position ? a.id < b.id : a.position < b.position

/**
 * Changes of a user's todos that are put together in memory and then take effect at once, all or none. What is read is as
 * the changes so far have left it. What others have changed since it was read is not overwritten.
 * @param isRetry whether they were put together before and did not take effect
 */
export function draftOf(store: Store, userId: string, isRetry = false) {
  const { add, addAtBottom, find, write, move, purge, above, below } = statements(store)
  const read = new Map<string, TodoRow | undefined>()
  const present = new Map<string, TodoRow | undefined>()

  /** The nearest todo on one side, from which the one that is to move and all that are in this draft may be gone. */
  async function neighbour(side: typeof above, point: Point, moved: string): Promise<Point | undefined> {
    const rows = await side.execute({ userId, ...point, limit: present.size + 1 })
    const stored = rows.filter(({ id }) => !present.has(id)).slice(0, 1)
    const isBelow = side === below
    const own = [...present.values()]
      .filter(row => row !== undefined)
      .filter(row => row.id !== moved && isListed(row))
      .filter(row => (isBelow ? isBefore(point, row) : isBefore(row, point)))
    const sorted = [...own, ...stored].sort((a, b) => (isBefore(a, b) ? -1 : 1))
    return isBelow ? sorted[0] : sorted.at(-1)
  }

  function stepOf([id, row]: [string, TodoRow | undefined]): Step<unknown> | undefined {
    const before = read.get(id)
    if (row === before) return undefined
    if (!before) return (isRetry ? add : addAtBottom).with(row)
    // It makes room.
    if (!row) return urgent(purge.with({ id, userId, expected: before.revision }))
    return (hasOnlyMoved(before, row) ? move : write).with({ ...row, expected: before.revision })
  }

  /** What the changes add to what the user has. */
  function growth(): Growth {
    const sum = { todos: 0, bytes: 0 }
    for (const [id, row] of present) {
      const before = read.get(id)
      if (row === before) continue
      sum.todos += Number(row !== undefined) - Number(before !== undefined)
      sum.bytes += (row ? bytesIn(row) : 0) - (before ? bytesIn(before) : 0)
    }
    return sum
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

    /** The todo above a point, or above the end of the list, but for the one that is to move there. */
    above: (moved: string, point = END) => neighbour(above, point, moved),
    below: (moved: string, point = START) => neighbour(below, point, moved),

    /**
     * The position of a new todo below all others. That is the one of its time, unless the clock was put back or an import
     * lies ahead, which takes no reading to find out: the todo is then not added, and the position is looked up.
     */
    async bottom(id: string): Promise<string> {
      const last = isRetry ? await neighbour(above, END, id) : undefined
      return last ? after(last.position, id) : positionOf(id)
    },

    put: (row: TodoRow) => void present.set(row.id, row),
    remove: (id: string) => void present.set(id, undefined),

    /** @throws {Problem} `quota_exceeded` when the changes would not take effect for want of room */
    assertRoom: () => withinQuota(store, userId, growth(), async () => {}),

    /**
     * Makes the changes take effect, and other steps together with them.
     * @returns whether they did; if not, another write came in between, and the draft is to be begun anew
     * @throws {Problem} `quota_exceeded`
     * @throws {StepMissed} when it was one of the other steps that found no row, though it was required
     */
    async commit(others: readonly Step[]): Promise<boolean> {
      const changes = [...present].flatMap(change => stepOf(change) ?? []).map(required)
      if (changes.length + others.length === 0) return true
      try {
        await withinQuota(store, userId, growth(), () => store.atomically(...others, ...changes))
        return true
      } catch (error) {
        if (error instanceof StepMissed && changes.some(({ name }) => name === error.step.name)) return false
        throw error
      }
    }
  }
}

/** Whether a todo has kept all but its place: what is not written anew is the very same value. */
function hasOnlyMoved(before: TodoRow, row: TodoRow): boolean {
  const names = Object.keys(before) as (keyof TodoRow)[]
  return names.every(name => name === 'position' || name === 'revision' || row[name] === before[name])
}

export type Draft = ReturnType<typeof draftOf>
