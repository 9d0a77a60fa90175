import { and, eq, inArray, sql } from 'drizzle-orm'
import { param, prepareStatements } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { AFTER_ALL, BEFORE_ALL } from '../order/list-position.ts'
import { positionAfter, positionRightAfter, toPosition } from '../order/position.ts'
import { areSiblings, findNeighbours } from '../statements.ts'
import { todoTables } from '../tables.ts'
import { type IdentifiedLine, MAX_SLICE_LINES } from './import-lines.ts'

/** Todos are imported into the inbox. */
const INBOX = ''

const PARAM_NAMES = Array.from({ length: MAX_SLICE_LINES }, (_, index) => `value${index}`)

const statements = prepareStatements('todos_import', todoTables, (db, { todos }) => {
  const belongsToUser = eq(todos.userId, param(todos.userId, 'userId'))
  const values = PARAM_NAMES.map(name => sql.placeholder(name))
  return {
    findExisting: db
      .select({ id: todos.id, position: todos.position })
      .from(todos)
      .where(and(belongsToUser, inArray(todos.id, values))),
    findTaken: db
      .select({ position: todos.position })
      .from(todos)
      .where(and(areSiblings(todos, 'roots'), inArray(todos.position, values)))
  }
})

/** The parameters of the statements above; unused ones match nothing. */
const toParams = (values: readonly string[]) =>
  Object.fromEntries(PARAM_NAMES.map((name, index) => [name, values[index] ?? '']))

/** The positions of the existing todos among some ids, by id. */
export async function findExistingPositions(store: Store, userId: string, ids: readonly string[]) {
  const rows = await statements(store).findExisting.execute({ userId, ...toParams(ids) })
  return new Map(rows.map(({ id, position }) => [id, position]))
}

/**
 * Assigns positions to the todos of an import, a slice of lines at a time: the position of the line, or a position right
 * after, if another todo of the list has it. A line without a position goes to the bottom. A todo of the trash keeps the
 * position of its line until it is restored.
 */
export function createPositionAssigner(store: Store, userId: string) {
  const { findTaken } = statements(store)
  const above = findNeighbours(store, { siblings: 'roots', side: 'above' })
  const below = findNeighbours(store, { siblings: 'roots', side: 'below' })
  /** By each position that occurs more than once: the last position assigned after it. */
  const lastAssigned = new Map<string, string>()

  /** Leaves out lines whose todo exists. The next line of the same position goes after such a todo. */
  async function skipExisting(lines: readonly IdentifiedLine[]): Promise<IdentifiedLine[]> {
    const existingPositions = await findExistingPositions(
      store,
      userId,
      lines.map(({ id }) => id)
    )
    for (const { id, position = AFTER_ALL } of lines) {
      const existingPosition = existingPositions.get(id)
      if (
        existingPosition?.startsWith(position) &&
        existingPosition > (lastAssigned.get(position) ?? position)
      )
        lastAssigned.set(position, existingPosition)
    }
    return lines.filter(({ id }) => !existingPositions.has(id))
  }

  async function findTakenPositions(lines: readonly IdentifiedLine[]): Promise<Set<string>> {
    const positions = lines.flatMap(({ position }) => position ?? [])
    const rows =
      positions.length > 0 ? await findTaken.execute({ userId, listId: INBOX, ...toParams(positions) }) : []
    return new Set(rows.map(({ position }) => position))
  }

  async function findNearestPosition(side: typeof above, position: string): Promise<string | undefined> {
    const [row] = await side.execute({ userId, listId: INBOX, position, id: AFTER_ALL, limit: 1 })
    return row?.position
  }

  /** @returns the lines whose todo does not exist yet, with their positions */
  return async function assignPositions(lines: readonly IdentifiedLine[]): Promise<PositionedLine[]> {
    const positionedLines: PositionedLine[] = []
    const newLines = await skipExisting(lines)
    const takenPositions = await findTakenPositions(newLines)
    let bottom = (await findNearestPosition(above, AFTER_ALL)) ?? BEFORE_ALL

    async function choosePosition({ position, deletedAt }: IdentifiedLine): Promise<string> {
      const id = store.newId()
      if (position === undefined) return bottom === BEFORE_ALL ? toPosition(id) : positionAfter(bottom, id)
      if (deletedAt || !takenPositions.has(position)) return position
      const last = lastAssigned.get(position) ?? position
      const candidates = [
        await findNearestPosition(below, last),
        ...takenPositions,
        ...newLines.map(line => line.position)
      ]
      const [next] = candidates.filter(other => other !== undefined && other > last).sort()
      const chosen = positionRightAfter(position, last, next, id)
      lastAssigned.set(position, chosen)
      return chosen
    }

    for (const line of newLines) {
      const position = await choosePosition(line)
      positionedLines.push({ ...line, position })
      if (line.deletedAt) continue
      takenPositions.add(position)
      if (position > bottom) bottom = position
    }
    return positionedLines
  }
}

/** A line with the final position of its todo. */
export type PositionedLine = IdentifiedLine & { readonly position: string }
