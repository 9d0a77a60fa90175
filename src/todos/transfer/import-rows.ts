import type { BoundStatement } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { prepareChange } from '../../sync/sequence.ts'
import { defaults } from '../content/content.ts'
import { startSeries } from '../recurrence/series.ts'
import { type TodoRow, todoTables } from '../tables.ts'
import { INBOX_ROW, NO_HISTORY, toColumns } from '../todo.ts'
import type { PositionedLine } from './import-positions.ts'

/** The row of a line. Missing fields are as in a new todo, and no time is before `createdAt`. */
export function toImportedRow({ now, newId }: Store, userId: string, line: PositionedLine): TodoRow {
  const content = { ...defaults, ...line }
  const seriesStart = line.seriesStart ?? content.due
  const sentTimes = [line.createdAt, line.updatedAt, line.completedAt, line.deletedAt].flatMap(
    text => text ?? []
  )
  const times = [now().getTime(), ...sentTimes.map(Date.parse)]
  const updatedAt = toDate(line.updatedAt) ?? new Date(Math.max(...times))
  return {
    id: line.id,
    userId,
    revision: newId(),
    position: line.position,
    createdAt: toDate(line.createdAt) ?? new Date(Math.min(...times)),
    updatedAt,
    completedAt: toDate(line.completedAt) ?? (content.done ? updatedAt : null),
    ...INBOX_ROW,
    ...NO_HISTORY,
    // A series begins anew: what has happened in it so far is not in the line.
    series: content.repeat && seriesStart && startSeries(content.repeat, seriesStart),
    deletedWith: line.deletedAt ? line.id : '',
    deletedAt: toDate(line.deletedAt) ?? null,
    ...toColumns(userId, content)
  }
}

const toDate = (text: string | null | undefined) => (text ? new Date(text) : undefined)

/**
 * Inserts all rows or none, but for those whose id is there already.
 * @returns how many were inserted
 */
export async function insertRows(store: Store, userId: string, rows: readonly TodoRow[]): Promise<number> {
  const [added] = await store.atomically(createInsert(store, userId, rows))
  return added.length
}

/** Inserts rows in one statement. Its length depends on the rows, so it is built anew each time. */
function createInsert(
  store: Store,
  userId: string,
  rows: readonly TodoRow[]
): BoundStatement<{ id: string }[]> {
  const { todos } = todoTables(store.kit)
  const change = prepareChange(store, '', (db, changeNumber) =>
    db
      .insert(todos)
      .values(rows.map(row => ({ ...row, changeNumber })))
      .onConflictDoNothing()
      .returning({ id: todos.id })
  )
  return { ...change.bind({ userId }), name: 'todos_import' }
}
