import type { TodoRow } from '../db/schema.ts'
import type { Line } from './import-lines.ts'

type Times = Pick<TodoRow, 'createdAt' | 'updatedAt' | 'completedAt' | 'deletedAt'>

/**
 * The instants of a todo that is imported: those of its line as they stand there, and where it says nothing, now; but then
 * neither after those that follow nor before those that precede it, for the line may tell of another time.
 */
export function timesOf(line: Line, now: Date): Times {
  const [created, updated, completed, deleted] = [
    line.createdAt,
    line.updatedAt,
    line.completedAt,
    line.deletedAt
  ].map(instant)
  const createdAt = created ?? earliest(now, updated, completed, deleted)
  const updatedAt = updated ?? latest(now, createdAt, completed, deleted)
  const completedAt = completed ?? (line.done ? latest(createdAt, updatedAt) : null)
  return { createdAt, updatedAt, completedAt, deletedAt: deleted ?? null }
}

const instant = (text: string | null | undefined) => (text ? new Date(text) : undefined)

const earliest = (...times: (Date | undefined)[]) => new Date(Math.min(...among(times)))
const latest = (...times: (Date | undefined)[]) => new Date(Math.max(...among(times)))
const among = (times: readonly (Date | undefined)[]) => times.flatMap(time => time?.getTime() ?? [])
