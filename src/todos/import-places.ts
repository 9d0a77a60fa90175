import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import { given, statementsOf } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { type IdentifiedLine, SLICE_LINES } from './import-lines.ts'
import { after, positionOf, rightAfter } from './position.ts'
import { statements as todoStatements } from './todo-statements.ts'

/** Comes after every position, and after every id. */
const END = '~'

const PLACES = Array.from({ length: SLICE_LINES }, (_, index) => `value${index}`)

const statements = statementsOf('todos_import', (db, { todos }) => {
  const isTheUsers = eq(todos.userId, given(todos.userId, 'userId'))
  const values = PLACES.map(place => sql.placeholder(place))
  return {
    existing: db
      .select({ id: todos.id, position: todos.position })
      .from(todos)
      .where(and(isTheUsers, inArray(todos.id, values))),
    taken: db
      .select({ position: todos.position })
      .from(todos)
      .where(and(isTheUsers, isNull(todos.deletedAt), inArray(todos.position, values)))
  }
})

/** The values of the statements above; the places that are left stand for nothing. */
const valuesOf = (values: readonly string[]) =>
  Object.fromEntries(PLACES.map((place, index) => [place, values[index] ?? '']))

/** Those of some ids whose todos are there, each with its position. */
export async function existingOf(store: Store, userId: string, ids: readonly string[]) {
  const rows = await statements(store).existing.execute({ userId, ...valuesOf(ids) })
  return new Map(rows.map(({ id, position }) => [id, position]))
}

/**
 * Finds each todo of an import a place of its own, some lines at a time: the one that it was given, or, if another todo of
 * the list has that, one right after; without one, the bottom. Those in the trash get theirs when they are restored.
 */
export function importPlaces(store: Store, userId: string) {
  const { taken } = statements(store)
  const { above, below } = todoStatements(store)
  /** By the positions that are given more than once: the last place after them that was filled. */
  const lasts = new Map<string, string>()

  /** Lines whose todo is there make none; where one of them was put is where those of the same position go on. */
  async function withoutExisting(lines: readonly IdentifiedLine[]): Promise<IdentifiedLine[]> {
    const places = await existingOf(
      store,
      userId,
      lines.map(({ id }) => id)
    )
    for (const { id, position = END } of lines) {
      const place = places.get(id)
      if (place?.startsWith(position) && place > (lasts.get(position) ?? position)) lasts.set(position, place)
    }
    return lines.filter(({ id }) => !places.has(id))
  }

  async function takenOf(lines: readonly IdentifiedLine[]): Promise<Set<string>> {
    const positions = lines.flatMap(({ position }) => position ?? [])
    const rows = positions.length > 0 ? await taken.execute({ userId, ...valuesOf(positions) }) : []
    return new Set(rows.map(({ position }) => position))
  }

  async function lastOf(side: typeof above, position: string): Promise<string | undefined> {
    const [row] = await side.execute({ userId, position, id: END, limit: 1 })
    return row?.position
  }

  /** @returns the lines whose todo is not there yet, each with its place */
  return async function place(lines: readonly IdentifiedLine[]): Promise<PlacedLine[]> {
    const placed: PlacedLine[] = []
    const added = await withoutExisting(lines)
    const used = await takenOf(added)
    let bottom = (await lastOf(above, END)) ?? ''

    async function positionFor({ position, deletedAt }: IdentifiedLine): Promise<string> {
      const id = store.newId()
      if (position === undefined) return bottom === '' ? positionOf(id) : after(bottom, id)
      if (deletedAt || !used.has(position)) return position
      const last = lasts.get(position) ?? position
      const nexts = [await lastOf(below, last), ...used, ...added.map(line => line.position)]
      const [next] = nexts.filter(other => other !== undefined && other > last).sort()
      const found = rightAfter(position, last, next, id)
      lasts.set(position, found)
      return found
    }

    for (const line of added) {
      const position = await positionFor(line)
      placed.push({ ...line, position })
      if (line.deletedAt) continue
      used.add(position)
      if (position > bottom) bottom = position
    }
    return placed
  }
}

/** A line with the place of its todo. */
export type PlacedLine = IdentifiedLine & { readonly position: string }
